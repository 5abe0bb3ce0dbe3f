import { ShaleError } from "@shale/model";
import { describe, expect, it } from "vitest";
import { parseQuery } from "../parse-query.ts";

const valid = {
  kind: "funnel",
  from: "2026-10-01",
  to: "2026-11-01",
  steps: [{ event: "view" }, { event: ["buy", "order"], where: { property: "a", op: "isSet" } }],
  window: "7d",
};

function errorOf(changes: object): ShaleError {
  try {
    parseQuery({ ...valid, ...changes });
  } catch (error) {
    if (error instanceof ShaleError) return error;
    throw error;
  }
  throw new Error(`was taken: ${JSON.stringify(changes)}`);
}
const optional = [...valid.steps, { event: "gift", optional: true }, { event: "end" }];
const view = { event: "view" };

describe("parseQuery() of a funnel", () => {
  it("fills in what was left out", () => {
    expect(parseQuery(valid)).toMatchObject({
      kind: "funnel",
      windowMs: 604_800_000,
      order: "ordered",
      entry: "first",
      count: "uniques",
      exclude: [],
      onExclude: "dropoff",
      ignore: [],
      holdConstant: [],
      by: undefined,
      limit: 10,
      attribution: "firstDefined",
      ties: { quantumMs: 1, rule: "favourable" },
      trend: undefined,
      steps: [
        { label: "view", optional: false },
        { label: "buy, order", optional: false },
      ],
    });
  });

  it("reads every option that is answered", () => {
    const parsed = parseQuery({
      ...valid,
      steps: optional,
      window: null,
      exclude: [view, { event: "x", between: [2, 4] }],
      onExclude: "remove",
      holdConstant: ["item"],
      by: ["country", { property: "price", buckets: [0, 10] }],
      attribution: { step: 3 },
      ties: { quantumMs: 1000, rule: "strict" },
      trend: { mode: "byEntry", unit: "week" },
      count: "totals",
    });
    expect(parsed).toMatchObject({
      windowMs: null,
      count: "totals",
      exclude: [
        { after: 1, before: 4 },
        { after: 2, before: 4 },
      ],
      attribution: { step: 3 },
      trend: { mode: "byEntry", unit: "week" },
    });
    expect(parseQuery({ ...valid, window: { sessions: 2 }, count: "sessions" })).toMatchObject({
      windowMs: null,
      windowSessions: 2,
      count: "sessions",
      session: { timeoutMs: 1_800_000, splitAtMidnight: false },
    });
    const attemptWhere = { property: "a", op: "isSet" };
    expect(parseQuery({ ...valid, attribution: "allSteps", attemptWhere })).toMatchObject({
      attribution: "allSteps",
      attemptWhere: { kind: "property", property: "a", op: "isSet" },
    });
    const removing = { exclude: [view], onExclude: "remove" };
    expect(parseQuery({ ...valid, ...removing, order: "strict" })).toMatchObject({
      entry: "optimized",
      onExclude: "remove",
    });
    expect(parseQuery({ ...valid, order: "strict", ignore: [view] })).toMatchObject({
      entry: "optimized",
    });
  });

  const wrong: [object, string][] = [
    [{ steps: [] }, "steps"],
    [{ steps: Array.from({ length: 101 }, () => view) }, "steps"],
    [{ steps: [{ ...view, optional: true }] }, "steps[0].optional"],
    [{ steps: optional, order: "strict" }, "steps[2].optional"],
    [{ steps: optional, order: "any" }, "steps[2].optional"],
    [{ steps: [{ event: "view", where: { property: "a", op: "is" } }] }, "steps[0].where.op"],
    [{ steps: [{ ...view, optional: 1 }] }, "steps[0].optional"],
    [{ steps: [{ ...view, between: [1, 2] }] }, "steps[0].between"],
    [{ window: "-7d" }, "window"],
    [{ window: "0d" }, "window"],
    [{ window: undefined }, "window"],
    [{ window: 7 }, "window"],
    [{ window: { sessions: 0 } }, "window.sessions"],
    [{ window: { sessions: 13 } }, "window.sessions"],
    [{ window: { sessions: 2, ms: 1 } }, "window.ms"],
    [{ order: "anyhow" }, "order"],
    [{ order: "strict", entry: "first" }, "entry"],
    [{ exclude: [view], order: "any" }, "exclude"],
    [{ exclude: [{ ...view, between: [1, 3] }] }, "exclude[0].between[1]"],
    [{ exclude: [{ ...view, between: [2, 2] }] }, "exclude[0].between"],
    [{ exclude: [{ ...view, between: [0, 1] }] }, "exclude[0].between[0]"],
    [{ exclude: [{ ...view, between: [1] }] }, "exclude[0].between"],
    [{ steps: optional, exclude: [{ ...view, between: [1, 3] }] }, "exclude[0].between[1]"],
    [{ steps: [view], exclude: [view] }, "exclude"],
    [{ ignore: [view] }, "ignore"],
    [{ holdConstant: ["a", "b", "c", "d"] }, "holdConstant"],
    [{ by: ["a", "b", "c", "d", "e"] }, "by"],
    [{ limit: 0 }, "limit"],
    [{ attribution: { step: 3 } }, "attribution.step"],
    [{ attribution: "first" }, "attribution"],
    [{ attemptWhere: { property: "a", op: "is" } }, "attemptWhere.op"],
    [{ attemptWhere: [] }, "attemptWhere"],
    [{ ties: { quantumMs: 0, rule: "strict" } }, "ties.quantumMs"],
    [{ ties: { quantumMs: 1 } }, "ties.rule"],
    [{ trend: { mode: "perInterval" } }, "trend.unit"],
    [{ trend: { mode: "each", unit: "day" } }, "trend.mode"],
    [{ entries: "first" }, "entries"],
  ];
  it.each(wrong)("refuses %j at %s", (changes, path) => {
    expect(errorOf(changes)).toMatchObject({ code: "QUERY_INVALID", path });
  });

  it("takes totals of optimized entries, which order strict has", () => {
    const optimized = { count: "totals", entry: "optimized" } as const;
    for (const changes of [optimized, { count: "totals", order: "strict" }]) {
      expect(parseQuery({ ...valid, ...changes })).toMatchObject(optimized);
    }
  });
});
