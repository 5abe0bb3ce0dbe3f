import type { Measure, PerUser, PerUserThen } from "@shale/model";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseBy } from "./parse-by.ts";
import { measureText, parseMeasure, propertyOfMeasure } from "./parse-measure.ts";

function perUser(of: PerUser, then: PerUserThen): Measure {
  // biome-ignore lint/suspicious/noThenProperty: the word of the query language
  return { perUser: of, then };
}

const measures: [string, Measure, string, string | undefined][] = [
  ["total", "total", "events", undefined],
  [" unique ", "unique", "unique users", undefined],
  ["cumulativeUnique", "cumulativeUnique", "unique users so far", undefined],
  ["sum(price)", { sum: "price" }, "sum of price", "price"],
  ["avg( unit price )", { avg: "unit price" }, "average unit price", "unit price"],
  ["min(price)", { min: "price" }, "least price", "price"],
  ["max(price)", { max: "price" }, "greatest price", "price"],
  ["median(price)", { median: "price" }, "median of price", "price"],
  ["distinct(sku)", { distinct: "sku" }, "distinct values of sku", "sku"],
  ["p90(price)", { percentile: 90, of: "price" }, "p90 of price", "price"],
  ["p99.9(price)", { percentile: 99.9, of: "price" }, "p99.9 of price", "price"],
  ["p0(price)", { percentile: 0, of: "price" }, "p0 of price", "price"],
  ["avg(count per user)", perUser("count", "avg"), "average per user of events", undefined],
  [
    "p90(sum(price) per user)",
    perUser({ sum: "price" }, { percentile: 90 }),
    "p90 per user of sum of price",
    "price",
  ],
  [
    'max(distinct("a b") per  user)',
    perUser({ distinct: "a b" }, "max"),
    "greatest per user of distinct values of a b",
    "a b",
  ],
  ['sum("count per user")', { sum: "count per user" }, "sum of count per user", "count per user"],
  ["sum(f(x))", { sum: "f(x)" }, "sum of f(x)", "f(x)"],
];
test.each(measures)("--measure %j", (text, measure, words, property) => {
  expect(parseMeasure(text)).toEqual(measure);
  expect(measureText(measure)).toBe(words);
  expect(propertyOfMeasure(measure)).toBe(property);
});

test.each([
  ["toal", "did you mean total?"],
  ["uniq", "did you mean unique?"],
  ["users", "did you mean unique?"],
  ["count", "did you mean total?"],
  ["average", "did you mean avg(price)?"],
  ["sum", "sum needs a property: write sum(price)"],
  ["p90", "p90 needs a property: write p90(price)"],
  ["sum()", "the property is missing: write sum(price)"],
  ["unique(price)", "unique takes no property: write unique"],
  ["summ(price)", "did you mean sum(…)?"],
  ["averge(price)", "did you mean avg(…)?"],
  ["p101(price)", "between p0 and p100"],
  ["distinct(count per user)", "distinct is none of avg, median, sum, min, max, p90"],
  ["avg(total per user)", 'before "per user" stands count'],
  ["avg(sum() per user)", "the property is missing"],
  ["avg(median(price) per user)", "median is none of sum, avg, min, max, distinct"],
  ['sum("price)', "is not JSON"],
  ["xyz", "write one of total, unique"],
  ["", "write one of total, unique"],
])("--measure %j is refused", (text, part) => {
  expect(() => parseMeasure(text)).toThrow(expect.objectContaining({ code: "USAGE" }));
  expect(() => parseMeasure(text)).toThrow(part);
});

test("any text is a measure or wrong usage", () => {
  const words = fc.constantFrom(
    "sum",
    "avg",
    "p90",
    "count",
    "per",
    "user",
    " ",
    "(",
    ")",
    '"',
    "x",
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(words).map((list) => list.join("")),
      ),
      (text) => {
        try {
          expect(measureText(parseMeasure(text))).not.toBe("");
        } catch (error) {
          expect(error).toMatchObject({ code: "USAGE" });
        }
      },
    ),
  );
});

test("a breakdown is a name, or a name with buckets", () => {
  expect(parseBy("country")).toBe("country");
  expect(parseBy("price:0,10.5,100")).toEqual({ property: "price", buckets: [0, 10.5, 100] });
  expect(parseBy("delta:-5,5")).toEqual({ property: "delta", buckets: [-5, 5] });
  expect(parseBy("a:b:0,1")).toEqual({ property: "a:b", buckets: [0, 1] });
  expect(parseBy("ratio:1")).toBe("ratio:1");
  expect(parseBy('"ratio:1,2"')).toBe("ratio:1,2");
  expect(parseBy('"ratio:1,2":0,1')).toEqual({ property: "ratio:1,2", buckets: [0, 1] });
  expect(() => parseBy('"ratio":0,x')).toThrow("price:0,10,100");
  expect(() => parseBy('"ratio')).toThrow("not JSON");
});
