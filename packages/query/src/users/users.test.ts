import type { Query, UsersAnswer, UsersQuery } from "@shale/model";
import { shardId } from "@shale/model";
import { createTailCache } from "@shale/scan";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TestEvent } from "../../../scan/test/test-log.ts";
import type { Log } from "../../test/ask.ts";
import { ask, logOf } from "../../test/ask.ts";
import { parseQuery, snapshotOf } from "../index.ts";
import type { ParsedQuery } from "../parse/parsed-query.ts";
import { createQueryGuard } from "../query-guard.ts";
import { inlineExecutor } from "../shards/shard-executor.ts";
import { answerUsers } from "./users-part.ts";

const DAY = 86_400_000;
const startMs = Date.UTC(2026, 9, 1);
const names = ["b", "a", "\u{1f600}", "\ufffd", "", "zz", "z"];
const events = names.map((user, index): TestEvent => {
  return { event: index % 2 === 0 ? "view" : "buy", user, atMs: startMs + index * 3_600_000 };
});
const everyone = { kind: "users", cohort: { all: [] } } as const;

async function listed(log: Log, query: UsersQuery): Promise<UsersAnswer> {
  const answer = await ask(log, query);
  if (answer.kind !== "users") throw new Error(answer.kind);
  return answer;
}

function idsOf({ users }: Pick<UsersAnswer, "users">): string[] {
  return users.map(({ user_id }) => user_id);
}

describe("a list of users", () => {
  it("is ordered by the bytes of their ids, without nobody", async () => {
    const answer = await listed(await logOf(events), everyone);
    expect(idsOf(answer)).toEqual(["a", "b", "z", "zz", "\ufffd", "\u{1f600}"]);
    expect(answer).toMatchObject({ total: 6, cursor: null });
  });

  it("comes in pages that stand on one now", async () => {
    const log = await logOf(events);
    const query = { ...everyone, cohort: { did: {}, within: "60d" }, limit: 4 } as const;
    const first = await listed(log, query);
    expect(idsOf(first)).toEqual(["a", "b", "z", "zz"]);
    expect(first.total).toBe(6);
    const nowMs = Date.UTC(2030, 0, 1); // By then nobody did anything of late.
    const second = await ask(log, { ...query, cursor: first.cursor }, { nowMs });
    expect(second).toMatchObject({ total: 6, cursor: null, meta: { asOf: first.meta.asOf } });
    expect(idsOf(second as UsersAnswer)).toEqual(["\ufffd", "\u{1f600}"]);
  });

  it("refuses a cursor of another query, and names the snapshot of its own", async () => {
    const log = await logOf(events);
    const { cursor, meta } = await listed(log, { ...everyone, limit: 1 });
    expect(snapshotOf(parseQuery({ ...everyone, cursor }))).toBe(meta.snapshot);
    const other = { kind: "users", cohort: { any: [] }, cursor };
    for (const query of [
      other,
      { ...everyone, cursor: "x" },
      { ...everyone, cursor: cursor?.slice(4) },
    ]) {
      expect(() => snapshotOf(parseQuery(query))).toThrow(/Cannot go on from the cursor/);
      await expect(ask(log, query)).rejects.toMatchObject({ code: "CURSOR_INVALID" });
    }
  });

  it("leaves only users with an event in the range", async () => {
    const range = { from: startMs + 3_600_000, to: startMs + 3 * 3_600_000 };
    const answer = await listed(await logOf(events), { ...everyone, ...range });
    expect(idsOf(answer)).toEqual(["a", "\u{1f600}"]);
  });

  it("is the same whatever shards are asked together, in any order", async () => {
    const log = await logOf(events, 8);
    const of = {
      kind: "lifecycle",
      from: startMs,
      to: startMs + DAY,
      select: {},
      unit: "day",
    } as const;
    const cell = { interval: "2026-10-01", label: "new" };
    for (const query of [
      { ...everyone, limit: 4 },
      { kind: "users", of, cell, limit: 4 } as const,
    ]) {
      const whole = await listed(log, query);
      const parsed = parseQuery(query);
      if (parsed.kind !== "users") throw new Error(parsed.kind);
      const asOfMs = Date.parse(whole.meta.asOf);
      const parts = await Promise.all(
        Array.from({ length: 8 }, (_, shard) => partOf(log, parsed, { shard, asOfMs })),
      );
      fc.assert(
        fc.property(fc.shuffledSubarray(parts, { minLength: 8 }), (shuffled) => {
          const { meta: _meta, ...wanted } = whole;
          expect(answerUsers(parsed, asOfMs, shuffled)).toEqual(wanted);
        }),
        { numRuns: 20 },
      );
    }
  });
});

async function partOf(
  log: Log,
  parsed: ParsedQuery & { kind: "users" },
  { shard, asOfMs }: { readonly shard: number; readonly asOfMs: number },
) {
  const guard = createQueryGuard(log.env, {});
  const executor = inlineExecutor(log.env, createTailCache({ bytesMax: 2 ** 20 }));
  const request = {
    pin: log.pin(),
    task: structuredClone({ kind: "users" as const, parsed }),
    shards: [shardId(shard, 8)],
    asOfMs,
    memoryBytesMax: 2 ** 24,
  };
  const { part } = await executor.run(request, { guard, onRows: () => undefined });
  guard.close();
  if (!("firsts" in part)) throw new Error("no list of users");
  return structuredClone(part);
}

describe("parseQuery() of users", () => {
  const range = { from: "2026-10-01", to: "2026-10-03" };
  const retention = { kind: "retention", ...range, birth: {}, return: {}, unit: "day", buckets: 2 };
  const funnel = { kind: "funnel", ...range, window: "1d", steps: [{}, {}] };
  const series = [
    { select: {}, measure: "unique" },
    { select: {}, measure: "dau" },
  ];
  const segmentation = { kind: "segmentation", ...range, unit: "day", series };
  const flow = { kind: "flow", ...range, anchors: [{}] };
  const paths = { ...flow, mode: "paths" };
  const day = "2026-10-01";
  const wrong: [string, object, string][] = [
    ["nobody", {}, "cohort"],
    ["two", { cohort: { did: {} }, of: retention }, "cohort"],
    ["a cell of a cohort", { cohort: { did: {} }, cell: {} }, "cell"],
    ["a range around a query", { of: retention, cell: { interval: day }, from: day }, "from"],
    ["a wrong cohort", { cohort: { did: { event: 1 } } }, "cohort.did.event"],
    ["a wrong query", { of: { ...retention, unit: "year" }, cell: {} }, "of.unit"],
    ["a wrong kind", { of: { kind: "retentions" }, cell: {} }, "of.kind"],
    ["no cell", { of: retention }, "cell"],
    ["no interval", { of: retention, cell: {} }, "cell.interval"],
    ["an interval outside", { of: retention, cell: { interval: "2026-10-03" } }, "cell.interval"],
    ["no such bucket", { of: retention, cell: { interval: day, bucket: 2 } }, "cell.bucket"],
    ["a segment of none", { of: retention, cell: { interval: day, segment: [1] } }, "cell.segment"],
    ["a field of another kind", { of: retention, cell: { interval: day, step: 1 } }, "cell.step"],
    ["no such step", { of: funnel, cell: { step: 3 } }, "cell.step"],
    ["no such outcome", { of: funnel, cell: { step: 1, outcome: "left" } }, "cell.outcome"],
    ["a trend that is not", { of: funnel, cell: { step: 1, interval: day } }, "cell.interval"],
    ["no such series", { of: segmentation, cell: { series: 2 } }, "cell.series"],
    ["users of users", { of: everyone, cell: {} }, "of.kind"],
    ["a formula", { of: { ...segmentation, formula: "A/B" }, cell: { series: 2 } }, "cell.series"],
    [
      "all other values",
      { of: { ...retention, by: ["plan"] }, cell: { interval: day, segment: [] } },
      "cell.segment",
    ],
    [
      "a segment beside all others",
      { of: { ...retention, by: ["plan"] }, cell: { interval: day, segment: [1], other: true } },
      "cell.segment",
    ],
    ["all others of none", { of: funnel, cell: { step: 1, other: true } }, "cell.other"],
    ["no offset", { of: flow, cell: {} }, "cell.offset"],
    ["an offset outside", { of: flow, cell: { offset: 4 } }, "cell.offset"],
    ["no such anchor", { of: flow, cell: { offset: 0, anchor: 1 } }, "cell.anchor"],
    ["a label of others", { of: flow, cell: { offset: 0, label: "a", other: true } }, "cell.label"],
    ["no path", { of: paths, cell: {} }, "cell.labels"],
    ["a path without steps", { of: paths, cell: { labels: [] } }, "cell.labels"],
    ["a path too long", { of: paths, cell: { labels: ["a", "b", "c", "d", "e"] } }, "cell.labels"],
    ["a label that is none", { of: paths, cell: { labels: [1] } }, "cell.labels[0]"],
    ["a path beside others", { of: paths, cell: { labels: ["a"], other: true } }, "cell.labels"],
    ["a node of paths", { of: paths, cell: { offset: 0 } }, "cell.offset"],
    ["a path of a graph", { of: flow, cell: { labels: ["a"] } }, "cell.labels"],
  ];
  it.each(wrong)("refuses %s", (_, query, path) => {
    expect(() => parseQuery({ kind: "users", ...query })).toThrow(
      expect.objectContaining({ code: "QUERY_INVALID", path }),
    );
  });

  it("does not go round and round", () => {
    const itself: { kind: string; of?: unknown } = { kind: "users" };
    itself.of = itself;
    expect(() => parseQuery(itself as Query)).toThrow(/queries deep/);
  });
});

describe("users behind the rest of a breakdown", () => {
  /** Seven users with three plans: u1, u4, u6 are of the greatest one. Three of them buy. */
  const plans = ["a", "b", "c", "a", "b", "c", "b"];
  const events = plans.flatMap((plan, user) => {
    const atMs = Date.UTC(2026, 9, 1) + user;
    const view = { event: "view", user: `u${user}`, atMs, properties: { plan } };
    const next = { ...view, event: plan === "b" ? "buy" : `leave ${plan}`, atMs: atMs + 60_000 };
    const buy = { ...view, event: "buy", atMs: atMs + 120_000 };
    return user < 3 ? [view, next, buy] : [view, next];
  });
  const over = { from: "2026-10-01", to: "2026-10-02", asOf: "2026-12-01", limit: 1, by: ["plan"] };
  const funnel = { kind: "funnel", ...over, window: "1h" };
  const steps = [{ event: "view" }, { event: "buy" }];
  const { limit: _limit, by: _by, ...flow } = { kind: "flow", ...over, topK: 1, after: 2 };
  const anchors = [{ event: "view" }];
  const series = [{ select: { event: "view" }, measure: "unique" }];
  const retention = { kind: "retention", ...over, unit: "day", buckets: 1 };
  const select = { birth: { event: "view" }, return: { event: "buy" } };
  const lists: [string, object, object, string[]][] = [
    [
      "a segmentation",
      { kind: "segmentation", ...over, unit: "day", series },
      {},
      ["0", "2", "3", "5"],
    ],
    ["a step of a funnel", { ...funnel, steps }, { step: 2 }, ["0", "2"]],
    ["a drop of a funnel", { ...funnel, steps }, { step: 2, outcome: "dropped" }, ["3", "5"]],
    ["totals", { ...funnel, steps, count: "totals" }, { step: 1 }, ["0", "2", "3", "5"]],
    ["a cohort", { ...retention, ...select }, { interval: "2026-10-01" }, ["0", "2", "3", "5"]],
    ["a bucket", { ...retention, ...select }, { interval: "2026-10-01", bucket: 0 }, ["0", "2"]],
    ["nodes", { ...flow, anchors }, { offset: 1 }, ["0", "2", "3", "5"]],
    ["paths", { ...flow, anchors, mode: "paths", paths: 1 }, {}, ["0", "1", "2", "3", "5"]],
    ["drops behind nodes", { ...flow, anchors }, { offset: 1, outcome: "dropped" }, ["3", "5"]],
  ];
  it.each(lists)("tells those of %s", async (_, of, cell, expected) => {
    for (const shards of [1, 5]) {
      const log = await logOf(events, shards);
      const query = { kind: "users", of, cell: { ...cell, other: true }, limit: 1 };
      const found: string[] = [];
      for (let cursor: string | null | undefined; cursor !== null; ) {
        const page = (await ask(log, { ...query, cursor })) as UsersAnswer;
        found.push(...page.users.map(({ user_id }) => user_id));
        cursor = page.cursor;
      }
      expect(found).toEqual(expected.map((user) => `u${user}`));
    }
  });
});
