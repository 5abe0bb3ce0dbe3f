import { ShaleError } from "@shale/model";
import { describe, expect, it } from "vitest";
import { parseQuery } from "../parse-query.ts";

function queryWith(cohort: unknown): unknown {
  const range = { from: "2026-10-01", to: "2026-11-01", where: { cohort } };
  return { kind: "lifecycle", ...range, select: {}, unit: "day" };
}

function parsed(cohort: unknown): unknown {
  const { where } = parseQuery(queryWith(cohort)) as { where?: unknown };
  return where;
}

function errorOf(cohort: unknown): ShaleError {
  try {
    parseQuery(queryWith(cohort));
  } catch (error) {
    if (error instanceof ShaleError) return error;
    throw error;
  }
  throw new Error(`was taken: ${JSON.stringify(cohort)}`);
}

describe("parseQuery() of a cohort", () => {
  const select = { events: undefined, where: undefined, label: undefined };

  it("fills in what was left out", () => {
    const did = { kind: "did", select, times: { op: "gte", value: 1 }, withinMs: undefined };
    expect(parsed({ did: {} })).toEqual({ kind: "cohort", cohort: did });
    expect(parsed({ any: [{ not: { did: {} } }] })).toEqual({
      kind: "cohort",
      cohort: { kind: "any", cohorts: [{ kind: "not", cohort: did }] },
    });
  });

  it("reads windows and numbers", () => {
    expect(parsed({ did: {}, times: { op: "lte", value: 0 }, within: "2w" })).toMatchObject({
      cohort: { times: { op: "lte", value: 0 }, withinMs: 14 * 86_400_000 },
    });
    expect(parsed({ firstTime: {}, within: "1mo" })).toMatchObject({
      cohort: { kind: "firstTime", withinMs: 30 * 86_400_000 },
    });
    expect(parsed({ active: {}, days: 2, of: 7 })).toMatchObject({
      cohort: { kind: "active", days: 2, of: 7 },
    });
  });

  const funnel = { from: "2026-10-01", to: "2026-10-02", window: "1d", steps: [{}, {}] };

  it("reads the last step of a funnel unless it names one", () => {
    expect(parsed({ funnel })).toMatchObject({ cohort: { step: 2, outcome: "reached" } });
    expect(parsed({ funnel, reached: 1 })).toMatchObject({ cohort: { step: 1 } });
    expect(parsed({ funnel, droppedAt: 2 })).toMatchObject({ cohort: { outcome: "dropped" } });
  });

  const wrong: [string, unknown, string][] = [
    ["no object", "buyers", "where.cohort"],
    ["no form", {}, "where.cohort"],
    ["a form that there is not", { done: {} }, "where.cohort.done"],
    ["two forms", { did: {}, firstTime: {} }, "where.cohort.firstTime"],
    ["a form without its numbers", { active: {}, days: 1 }, "where.cohort.of"],
    ["more days than there are", { active: {}, days: 8, of: 7 }, "where.cohort.days"],
    ["no day", { active: {}, days: 0, of: 7 }, "where.cohort.days"],
    ["an operation", { did: {}, times: { op: "lt", value: 1 } }, "where.cohort.times.op"],
    ["a number", { did: {}, times: { op: "eq", value: -1 } }, "where.cohort.times.value"],
    ["a half", { did: {}, times: { op: "eq", value: 0.5 } }, "where.cohort.times.value"],
    ["a span", { did: {}, within: "soon" }, "where.cohort.within"],
    ["no span", { did: {}, within: null }, "where.cohort.within"],
    [
      "a filter in it",
      { did: { where: { property: "p", op: "equals" } } },
      "where.cohort.did.where.op",
    ],
    [
      "deep in a list",
      { all: [{ did: {} }, { not: { any: [{ did: {}, within: 7 }] } }] },
      "where.cohort.all[1].not.any[0].within",
    ],
    [
      "a cohort in a filter of a cohort",
      { did: { where: { not: { cohort: { did: 1 } } } } },
      "where.cohort.did.where.not.cohort.did",
    ],
    ["half a funnel", { funnel: {} }, "where.cohort.funnel.from"],
    ["another kind of query", { funnel: { kind: "flow" } }, "where.cohort.funnel.kind"],
    ["a step that is not", { funnel, reached: 3 }, "where.cohort.reached"],
    ["who dropped at the first step", { funnel, droppedAt: 1 }, "where.cohort.droppedAt"],
    ["two outcomes", { funnel, reached: 1, droppedAt: 2 }, "where.cohort.droppedAt"],
    ["what is no list", { all: {} }, "where.cohort.all"],
  ];
  it.each(wrong)("refuses %s", (_, cohort, path) => {
    expect(errorOf(cohort)).toMatchObject({ code: "QUERY_INVALID", path });
  });

  it("says which form was meant", () => {
    expect(errorOf({ firsttime: {} })).toMatchObject({ details: { nearest: "firstTime" } });
  });

  it("refuses cohorts that lie too deep, or hold themselves", () => {
    let deep: unknown = { did: {} };
    for (let depth = 0; depth < 20; depth++) deep = { did: { where: { cohort: deep } } };
    expect(errorOf(deep)).toMatchObject({ code: "QUERY_INVALID" });
    expect(errorOf(deep).message).toMatch(/more than 32 (cohorts|filters) deep/);
    const itself: { any: unknown[] } = { any: [] };
    for (let count = 0; count < 3; count++) itself.any.push(itself);
    expect(errorOf(itself)).toMatchObject({ code: "QUERY_INVALID" });
  });
});
