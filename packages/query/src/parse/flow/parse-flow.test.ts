import { DAY_MS, ShaleError } from "@shale/model";
import { describe, expect, it } from "vitest";
import { parseQuery } from "../parse-query.ts";

const flow = { kind: "flow", from: "2026-10-01", to: "2026-11-01", anchors: [{ event: "view" }] };

function errorOf(document: unknown): ShaleError {
  try {
    parseQuery(document);
  } catch (error) {
    if (error instanceof ShaleError) return error;
    throw error;
  }
  throw new Error(`was taken: ${JSON.stringify(document)}`);
}

describe("parseQuery() of a flow", () => {
  it("fills in what was left out", () => {
    expect(parseQuery(flow)).toEqual({
      kind: "flow",
      fromMs: Date.UTC(2026, 9, 1),
      toMs: Date.UTC(2026, 10, 1),
      timezone: "UTC",
      weekStart: "monday",
      where: undefined,
      asOfMs: undefined,
      anchors: [{ events: ["view"], where: undefined, label: undefined }],
      before: 0,
      after: 3,
      count: "uniques",
      session: { timeoutMs: 30 * 60_000, splitAtMidnight: false },
      windowMs: 30 * DAY_MS,
      collapseRepeats: false,
      hide: [],
      include: undefined,
      groupBy: undefined,
      topK: 3,
      mode: "graph",
      paths: 50,
    });
  });

  it("reads every option", () => {
    const options = { before: 20, after: 0, count: "totals", collapseRepeats: true, topK: 7 };
    const more = { mode: "paths", paths: 9, groupBy: "page" };
    const selects = { hide: [{ event: "ping" }], include: [{}] };
    const session = { timeout: "5m", splitAtMidnight: true };
    const query = { ...flow, ...options, ...more, ...selects, window: "90m", session };
    expect(parseQuery(query)).toMatchObject({
      ...options,
      session: { timeoutMs: 300_000, splitAtMidnight: true },
      ...more,
      windowMs: 90 * 60_000,
      hide: [{ events: ["ping"] }],
      include: [{ events: undefined }],
    });
  });

  it("counts sessions", () => {
    expect(parseQuery({ ...flow, count: "sessions" })).toMatchObject({ count: "sessions" });
  });

  it("knows that a label names the event anyway", () => {
    expect(parseQuery({ ...flow, groupBy: "$event" })).toMatchObject({ groupBy: undefined });
  });

  const refusals: [object, string][] = [
    [{ anchors: undefined }, "anchors"],
    [{ anchors: [] }, "anchors"],
    [{ anchors: { event: "view" } }, "anchors"],
    [{ anchors: Array.from({ length: 11 }, () => ({})) }, "anchors"],
    [{ anchors: [{ event: "" }] }, "anchors[0].event"],
    [{ anchors: [{}, { events: ["view"] }] }, "anchors[1].events"],
    [{ before: -1 }, "before"],
    [{ before: 21 }, "before"],
    [{ before: 1.5 }, "before"],
    [{ after: 21 }, "after"],
    [{ after: "3" }, "after"],
    [{ count: "users" }, "count"],
    [{ session: { timeout: "0m" } }, "session.timeout"],
    [{ session: { gap: "5m" } }, "session.gap"],
    [{ window: "0d" }, "window"],
    [{ window: null }, "window"],
    [{ window: 5 }, "window"],
    [{ window: { sessions: 1 } }, "window"],
    [{ collapseRepeats: "yes" }, "collapseRepeats"],
    [{ hide: {} }, "hide"],
    [{ hide: [{ where: { property: "p", op: "is" } }] }, "hide[0].where.op"],
    [{ include: [] }, "include"],
    [{ include: ["view"] }, "include[0]"],
    [{ groupBy: ["page"] }, "groupBy"],
    [{ topK: 0 }, "topK"],
    [{ mode: "tree" }, "mode"],
    [{ paths: 0 }, "paths"],
    [{ steps: [] }, "steps"],
    [{ to: "2026-09-01" }, "to"],
  ];
  it.each(refusals)("refuses %j at %s", (change, path) => {
    expect(errorOf({ ...flow, ...change })).toMatchObject({ code: "QUERY_INVALID", path });
  });

  it("says which name was probably meant", () => {
    expect(errorOf({ ...flow, colapseRepeats: true }).details).toMatchObject({
      nearest: "collapseRepeats",
    });
    expect(errorOf({ ...flow, mode: "path" }).details).toMatchObject({ nearest: "paths" });
    expect(errorOf({ ...flow, count: "unique" }).details).toMatchObject({ nearest: "uniques" });
  });

  it("names the path of a cohort in a select", () => {
    const wrong = { where: { cohort: { did: { events: "view" } } } };
    for (const place of ["anchors", "hide", "include"]) {
      expect(errorOf({ ...flow, [place]: [wrong] })).toMatchObject({
        code: "QUERY_INVALID",
        path: `${place}[0].where.cohort.did.events`,
      });
    }
  });
});
