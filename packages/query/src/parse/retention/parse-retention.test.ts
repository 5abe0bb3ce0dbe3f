import { ShaleError } from "@shale/model";
import { describe, expect, it } from "vitest";
import { parseQuery } from "../parse-query.ts";

const range = { from: "2026-10-01", to: "2026-11-01" };
const retention = {
  kind: "retention",
  ...range,
  birth: { event: "sign up" },
  return: {},
  unit: "day",
};
const lifecycle = { kind: "lifecycle", ...range, select: { event: "view" }, unit: "week" };
const stickiness = { ...lifecycle, kind: "stickiness" };

const parsedRange = {
  fromMs: Date.UTC(2026, 9, 1),
  toMs: Date.UTC(2026, 10, 1),
  timezone: "UTC",
  weekStart: "monday",
  where: undefined,
  asOfMs: undefined,
};

function errorOf(document: unknown): ShaleError {
  try {
    parseQuery(document);
  } catch (error) {
    if (error instanceof ShaleError) return error;
    throw error;
  }
  throw new Error(`was taken: ${JSON.stringify(document)}`);
}

describe("parseQuery() of a retention", () => {
  it("fills in what was left out", () => {
    expect(parseQuery(retention)).toEqual({
      kind: "retention",
      ...parsedRange,
      birth: { events: ["sign up"], where: undefined, label: undefined },
      return: { events: undefined, where: undefined, label: undefined },
      unit: "day",
      brackets: [0, 1, 2, 3, 4, 5, 6, 7].map((bucket) => [bucket, bucket]),
      clock: "rolling",
      mode: "on",
      cohort: "perInterval",
      minOccurrences: 1,
      by: undefined,
      limit: 10,
      average: "pooled",
    });
  });

  it("reads every option", () => {
    const options = {
      clock: "calendar",
      mode: "onOrAfter",
      cohort: "firstEver",
      minOccurrences: 3,
      limit: 2,
      average: "simple",
    };
    const brackets = [
      [0, 0],
      [1, 3],
      [7, 7],
    ];
    expect(parseQuery({ ...retention, ...options, brackets, by: ["plan"] })).toMatchObject({
      ...options,
      brackets,
      by: [{ property: "plan", buckets: undefined }],
    });
    expect(parseQuery({ ...retention, buckets: 2, asOf: 5 })).toMatchObject({
      brackets: [
        [0, 0],
        [1, 1],
      ],
      asOfMs: 5,
    });
  });

  const refusals: [object, string][] = [
    [{ birth: undefined }, "birth"],
    [{ birth: { event: "" } }, "birth.event"],
    [{ return: undefined }, "return"],
    [{ return: { where: { property: "p", op: "is" } } }, "return.where.op"],
    [{ unit: "range" }, "unit"],
    [{ unit: "year" }, "unit"],
    [{ buckets: 0 }, "buckets"],
    [{ buckets: 1001 }, "buckets"],
    [{ buckets: 1.5 }, "buckets"],
    [{ buckets: 2, brackets: [[0, 1]] }, "brackets"],
    [{ brackets: [] }, "brackets"],
    [{ brackets: [[0]] }, "brackets[0]"],
    [{ brackets: [[0, 1, 2]] }, "brackets[0]"],
    [{ brackets: [[1, 0]] }, "brackets[0]"],
    [{ brackets: [[-1, 0]] }, "brackets[0][0]"],
    [{ brackets: [[0, 10_001]] }, "brackets[0][1]"],
    [{ brackets: [[0, "1"]] }, "brackets[0][1]"],
    [
      {
        brackets: [
          [0, 3],
          [3, 4],
        ],
      },
      "brackets[1]",
    ],
    [
      {
        brackets: [
          [4, 5],
          [0, 1],
        ],
      },
      "brackets[1]",
    ],
    [{ clock: "wall" }, "clock"],
    [{ mode: "after" }, "mode"],
    [{ cohort: "all" }, "cohort"],
    [{ minOccurrences: 0 }, "minOccurrences"],
    [{ by: "plan" }, "by"],
    [{ limit: 0 }, "limit"],
    [{ average: "mean" }, "average"],
    [{ measure: "sum" }, "measure"],
    [{ select: {} }, "select"],
    [{ to: "2026-09-01" }, "to"],
  ];
  it.each(refusals)("refuses %j at %s", (change, path) => {
    expect(errorOf({ ...retention, ...change })).toMatchObject({ code: "QUERY_INVALID", path });
  });

  it("says which choices there are, and which was meant", () => {
    expect(errorOf({ ...retention, mode: "onOrAftr" })).toMatchObject({
      details: { nearest: "onOrAfter", allowed: ["on", "onOrAfter", "onOrBefore", "streak"] },
    });
  });

  it("says where a cohort in a filter is wrong", () => {
    const cohort = { cohort: { did: { evnt: "buy" } } };
    for (const place of ["birth", "return"]) {
      expect(errorOf({ ...retention, [place]: { where: cohort } })).toMatchObject({
        code: "QUERY_INVALID",
        path: `${place}.where.cohort.did.evnt`,
      });
    }
  });
});

describe("parseQuery() of a lifecycle", () => {
  it("reads a select and a unit", () => {
    expect(parseQuery({ ...lifecycle, weekStart: "sunday" })).toEqual({
      kind: "lifecycle",
      ...parsedRange,
      weekStart: "sunday",
      select: { events: ["view"], where: undefined, label: undefined },
      unit: "week",
    });
  });

  it("refuses wrong fields with their path", () => {
    const refusals: [object, string][] = [
      [{ select: undefined }, "select"],
      [{ unit: undefined }, "unit"],
      [{ by: ["plan"] }, "by"],
      [{ from: "2026" }, "from"],
    ];
    for (const [change, path] of refusals) {
      expect(errorOf({ ...lifecycle, ...change })).toMatchObject({ code: "QUERY_INVALID", path });
    }
  });
});

describe("parseQuery() of a stickiness", () => {
  it("fills in what was left out", () => {
    expect(parseQuery(stickiness)).toEqual({
      kind: "stickiness",
      ...parsedRange,
      select: { events: ["view"], where: undefined, label: undefined },
      unit: "week",
      mode: "exact",
      minEvents: 1,
    });
    const options = { mode: "atLeast", minEvents: 3 };
    expect(parseQuery({ ...stickiness, ...options })).toMatchObject(options);
  });

  it("refuses wrong fields with their path", () => {
    const refusals: [object, string][] = [
      [{ select: 1 }, "select"],
      [{ unit: "range" }, "unit"],
      [{ mode: "most" }, "mode"],
      [{ minEvents: 0 }, "minEvents"],
      [{ anchor: "end" }, "anchor"],
    ];
    for (const [change, path] of refusals) {
      expect(errorOf({ ...stickiness, ...change })).toMatchObject({ code: "QUERY_INVALID", path });
    }
  });
});
