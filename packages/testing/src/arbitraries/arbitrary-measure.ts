import type { Measure, PerUser, PerUserThen, SegmentationQuery } from "@shale/model";
import type * as FastCheck from "fast-check";
import { propertyNames } from "./event-vocabulary.ts";
import type { Check } from "./query-parts.ts";

/** Any measure of a segmentation; shrinks to a total. */
export function arbitraryMeasure(fc: Check): FastCheck.Arbitrary<Measure> {
  // Mostly those that hold numbers, the others now and then.
  const property = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom("price", "mixed") },
    fc.constantFrom(...propertyNames, "$event", "$user_id"),
  );
  const percentile = fc.oneof(
    fc.constantFrom(0, 25, 50, 90, 99.9, 100),
    fc.integer({ min: 0, max: 1000 }).map((tenths) => tenths / 10),
  );
  const inner: FastCheck.Arbitrary<PerUser> = fc.oneof(
    fc.constant<PerUser>("count"),
    property.map((sum) => ({ sum })),
    property.map((avg) => ({ avg })),
    property.map((min) => ({ min })),
    property.map((max) => ({ max })),
    property.map((distinct) => ({ distinct })),
  );
  const outer: FastCheck.Arbitrary<PerUserThen> = fc.oneof(
    fc.constantFrom<PerUserThen>("avg", "median", "sum", "min", "max"),
    percentile.map((share) => ({ percentile: share })),
  );
  return fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom<Measure>("total", "unique") },
    { weight: 3, arbitrary: fc.constantFrom<Measure>("sessions", "dau", "wau", "mau") },
    fc.constant<Measure>("cumulativeUnique"),
    property.map((sum) => ({ sum })),
    property.map((avg) => ({ avg })),
    property.map((min) => ({ min })),
    property.map((max) => ({ max })),
    property.map((median) => ({ median })),
    property.map((distinct) => ({ distinct })),
    fc.record({ percentile, of: property }),
    // biome-ignore lint/suspicious/noThenProperty: the word of the query language
    { weight: 4, arbitrary: fc.record({ perUser: inner, then: outer }) },
  );
}

/** How sessions are told apart: seldom said. */
export function arbitrarySession(
  fc: Check,
): FastCheck.Arbitrary<NonNullable<SegmentationQuery["session"]> | undefined> {
  return fc.option(
    fc.record(
      {
        timeout: fc.constantFrom("30m", "1m", "2h", "13h", "3d", "1ms"),
        splitAtMidnight: fc.boolean(),
      },
      { requiredKeys: [] },
    ),
    { nil: undefined },
  );
}

/** A formula over A, B and C; shrinks to A. */
export function arbitraryFormula(fc: Check): FastCheck.Arbitrary<string> {
  const operand = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom("A", "B", "C") },
    fc.constantFrom("0", "100", "1.5", "2e3"),
  );
  const { formula } = fc.letrec<{ formula: string }>((tie) => ({
    formula: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      operand,
      fc
        .tuple(
          tie("formula"),
          fc.constantFrom(" / ", "+", "-", "*", "÷", " × ", " − "),
          tie("formula"),
        )
        .map((parts) => parts.join("")),
      tie("formula").map((inner) => `(${inner})`),
      tie("formula").map((inner) => `-(${inner})`),
    ),
  }));
  return formula.map((text) => (/[ABC]/.test(text) ? text : `A+${text}`));
}

const ADD_UP: readonly string[] = ["total", "unique", "sessions", "cumulativeUnique"];

/** Leaves out what the series do not allow: a formula of others, sums of what does not add up. */
export function fitting<Query extends Pick<SegmentationQuery, "series" | "formula" | "cumulative">>(
  query: Query,
): Query {
  const { series, formula, cumulative } = query;
  const names = formula?.match(/[ABC]/g) ?? [];
  const isKnown = names.every((letter) => letter.charCodeAt(0) - 65 < series.length);
  const addsUp = series.every(({ measure }) =>
    typeof measure === "string" ? ADD_UP.includes(measure) : "sum" in measure,
  );
  return {
    ...query,
    formula: isKnown ? formula : undefined,
    cumulative: addsUp ? cumulative : undefined,
  };
}
