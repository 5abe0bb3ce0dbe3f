import { ShaleError } from "@shale/model";
import { describe, expect, it } from "vitest";
import type { Place } from "../query-place.ts";
import { documentPlace } from "../query-place.ts";
import { parseMeasure } from "./parse-measure.ts";

const path = "series[0].measure";

function placeOf(value: unknown): Place {
  const document = documentPlace(value, () => {
    throw new Error("a measure has no cohort");
  });
  return { ...document, path };
}

function errorOf(value: unknown): ShaleError {
  try {
    parseMeasure(placeOf(value));
  } catch (error) {
    if (error instanceof ShaleError) return error;
    throw error;
  }
  throw new Error(`was taken: ${JSON.stringify(value)}`);
}

// Made here, so that no literal has a `then`, which awaiting would call.
function perUser(inner: unknown, then?: unknown): unknown {
  return Object.fromEntries(Object.entries({ perUser: inner, then }));
}

describe("parseMeasure()", () => {
  it.each([
    ["total", { kind: "total" }],
    ["sessions", { kind: "sessions" }],
    ["cumulativeUnique", { kind: "cumulativeUnique" }],
    ["dau", { kind: "active", days: 1 }],
    ["wau", { kind: "active", days: 7 }],
    ["mau", { kind: "active", days: 30 }],
    [{ sum: "p" }, { kind: "property", property: "p", fold: { kind: "sum" } }],
    [
      { median: "p" },
      { kind: "property", property: "p", fold: { kind: "percentile", percentile: 50 } },
    ],
    [
      { distinct: "p", avg: undefined },
      { kind: "distinct", property: "p" },
    ],
    [
      { percentile: 99.9, of: "p" },
      { kind: "property", property: "p", fold: { kind: "percentile", percentile: 99.9 } },
    ],
    [perUser("count", "avg"), { kind: "perUser", inner: { kind: "count" }, fold: { kind: "avg" } }],
    [
      perUser({ max: "p" }, { percentile: 0 }),
      {
        kind: "perUser",
        inner: { kind: "property", property: "p", fold: { kind: "max" } },
        fold: { kind: "percentile", percentile: 0 },
      },
    ],
    [
      perUser({ distinct: "p" }, "median"),
      {
        kind: "perUser",
        inner: { kind: "distinct", property: "p" },
        fold: { kind: "percentile", percentile: 50 },
      },
    ],
  ])("reads %j", (value, parsed) => {
    expect(parseMeasure(placeOf(value))).toEqual(parsed);
  });

  const refused: [unknown, string, RegExp][] = [
    ["uniqe", "", /did you mean "unique"\?/],
    ["sum", "", /\{ "sum": "price" \}/],
    ["perUser", "", /"then"/],
    [3, "", /a measure \(total, unique, sessions/],
    [[], "", /an object/],
    [{}, "", /is empty/],
    [{ summ: "p" }, ".summ", /did you mean "sum"\?/],
    [{ sum: 3 }, ".sum", /name of a property, a string: it is 3/],
    [{ sum: "" }, ".sum", /is empty/],
    [{ sum: "p", avg: "p" }, "", /names two measures, sum and avg/],
    [{ sum: "p", by: "q" }, ".by", /not a field/],
    [{ percentile: 90 }, ".of", /it is missing/],
    [{ percentile: 101, of: "p" }, ".percentile", /0 to 100: it is 101/],
    [{ percentile: "90", of: "p" }, ".percentile", /0 to 100/],
    [perUser("count"), ".then", /it is missing/],
    [perUser("counts", "avg"), ".perUser", /did you mean "count"\?/],
    [perUser("sum", "avg"), ".perUser", /\{ "sum": "price" \}/],
    [perUser({ median: "p" }, "avg"), ".perUser.median", /sum, avg, min, max, distinct/],
    [perUser({ sum: 1 }, "avg"), ".perUser.sum", /a string/],
    [perUser("count", "mean"), ".then", /avg, median, sum/],
    [perUser("count", { percentile: -1 }), ".then.percentile", /0 to 100/],
    [perUser("count", {}), ".then.percentile", /missing/],
  ];
  it.each(refused)("refuses %j", (value, below, message) => {
    const error = errorOf(value);
    expect(error).toMatchObject({ code: "QUERY_INVALID", path: `${path}${below}` });
    expect(error.message).toMatch(message);
  });
});
