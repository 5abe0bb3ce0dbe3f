import type { FlowAnswer } from "@shale/model";
import { shardId } from "@shale/model";
import { createTailCache } from "@shale/scan";
import { describe, expect, it } from "vitest";
import type { TestEvent } from "../../../scan/test/test-log.ts";
import { ask, type Log, logOf } from "../../test/ask.ts";
import type { ParsedFlow } from "../parse/flow/parsed-flow.ts";
import { parseQuery } from "../parse/parse-query.ts";
import { createQueryGuard } from "../query-guard.ts";
import type { QueryRun } from "../query-run.ts";
import { createQueryRun } from "../query-run.ts";
import { answerFlow } from "./answer/answer-flow.ts";
import { scanFlow } from "./scan-flow.ts";

const START_MS = Date.UTC(2026, 9, 1);
const MINUTE_MS = 60_000;
const SHARDS = 6;
const flow = { kind: "flow", from: "2026-10-01", to: "2026-11-01", anchors: [{ event: "e0" }] };

/** Users who each do 30 of 7 events, in an order of their own, over two days. */
function wanderers(userCount: number): TestEvent[] {
  return Array.from({ length: userCount }, (_, user) => user).flatMap((user) =>
    Array.from({ length: 30 }, (_, step) => ({
      event: `e${((step * (user + 1) + (step * step) / 2 + user) % 7) >>> 0}`,
      user: `u${user}`,
      atMs: START_MS + step * 90 * MINUTE_MS + user,
      properties: { page: `/${(user * step) % 11}` },
    })),
  );
}

function runOver(log: Log, shards?: readonly number[]): QueryRun {
  return createQueryRun(log.env, {
    pin: log.pin(),
    cache: createTailCache({ bytesMax: 2 ** 24 }),
    guard: createQueryGuard(log.env, {}),
    memoryBytesMax: 2 ** 28,
    shards: shards?.map((shard) => shardId(shard, SHARDS)),
    onRows: () => undefined,
  });
}

describe("a flow", () => {
  const queries = [
    { before: 2, after: 2, topK: 2 },
    { anchors: [{ event: "e0" }, { event: "e3" }], before: 1, count: "totals", groupBy: "page" },
    { mode: "paths", before: 1, after: 4, paths: 5, count: "totals", window: "12h" },
  ];
  it.each(queries)("is one answer, however its shards are split: %j", async (options) => {
    const log = await logOf(wanderers(40), SHARDS);
    const asOfMs = Date.UTC(2026, 9, 2);
    const parsed = parseQuery({ ...flow, ...options }) as ParsedFlow;
    const whole = await scanFlow(runOver(log), parsed, asOfMs);
    const expected = JSON.stringify(answerFlow(parsed, asOfMs, [whole]));
    expect(expected).toMatch(/"count":[1-9]/);
    const parts = await Promise.all(
      [0, 1, 2, 3, 4, 5].map((shard) => scanFlow(runOver(log, [shard]), parsed, asOfMs)),
    );
    for (const order of [parts, [...parts].reverse(), parts.map((_, at) => parts[(at * 5) % 6]!)]) {
      const sent = structuredClone(order);
      expect(JSON.stringify(answerFlow(parsed, asOfMs, sent))).toBe(expected);
    }
  });

  it("is empty where nobody begins one", async () => {
    const log = await logOf(wanderers(3));
    expect(await ask(log, { ...flow, anchors: [{ event: "never" }], after: 1 })).toMatchObject({
      steps: [
        { offset: 0, nodes: [] },
        { offset: 1, nodes: [] },
      ],
      edges: [],
    });
    const paths = { ...flow, from: "2027-01-01", to: "2027-01-02", mode: "paths" };
    expect(await ask(log, paths)).toMatchObject({ paths: [], other: 0 });
  });

  it("looks behind the end of the range, and before its start", async () => {
    const log = await logOf(wanderers(1));
    const range = { from: START_MS + 600 * MINUTE_MS, to: START_MS + 900 * MINUTE_MS };
    const query = { ...flow, ...range, anchors: [{}], before: 1, after: 20, topK: 100 };
    const { steps } = (await ask(log, query)) as Extract<FlowAnswer, { mode: "graph" }>;
    expect(steps.map(({ nodes }) => nodes.length)).toEqual(Array.from({ length: 22 }, () => 1));
  });

  it("refuses to hold more than the budget", async () => {
    const log = await logOf(wanderers(40));
    await expect(ask(log, flow, { memoryBytesMax: 10_000 })).rejects.toMatchObject({
      code: "MEMORY_EXCEEDED",
    });
  });

  it("stops when it is told to", async () => {
    const log = await logOf(wanderers(4));
    await expect(ask(log, flow, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "CANCELLED",
    });
  });
});
