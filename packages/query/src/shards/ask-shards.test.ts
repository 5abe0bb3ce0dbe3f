import type { AnswerMeta } from "@shale/model";
import { ShaleError } from "@shale/model";
import { createTailCache } from "@shale/scan";
import { describe, expect, it } from "vitest";
import type { TestEvent } from "../../../scan/test/test-log.ts";
import type { Log } from "../../test/ask.ts";
import { ask, logOf, withoutMeta } from "../../test/ask.ts";
import type { ShardExecutor } from "./shard-executor.ts";
import { inlineExecutor } from "./shard-executor.ts";

const START_MS = Date.UTC(2026, 9, 1);
const events: readonly TestEvent[] = Array.from({ length: 300 }, (_, i) => ({
  event: ["view", "add", "buy"][i % 3] ?? "",
  user: `u${(i * 7) % 41}`,
  atMs: START_MS + i * 1_800_000,
  properties: { city: ["Rome", "Oslo", 7][i % 3] ?? "", tags: ["a", `t${i % 4}`] },
}));
const range = { from: "2026-10-01", to: "2026-10-08", asOf: "2026-10-20" };
const select = { event: "view" };
const cohort = { did: { event: "buy" }, times: { op: "gte", value: 3 } };
const queries: Readonly<Record<string, object>> = {
  funnel: {
    kind: "funnel",
    ...range,
    steps: [{ event: "view" }, { event: "add" }, { event: "buy" }],
    window: "2d",
    count: "totals",
    by: ["city", "tags"],
    limit: 2,
    trend: { mode: "byEntry", unit: "day" },
  },
  retention: {
    kind: "retention",
    ...range,
    birth: select,
    return: {},
    unit: "day",
    by: ["tags"],
    limit: 2,
  },
  flow: { kind: "flow", ...range, anchors: [select], before: 1, groupBy: "city", count: "totals" },
  "paths of a flow": { kind: "flow", ...range, anchors: [select], mode: "paths", paths: 3 },
  "a flow in sessions": {
    kind: "flow",
    ...range,
    anchors: [select],
    count: "sessions",
    session: { timeout: "4h" },
  },
  lifecycle: { kind: "lifecycle", ...range, select, unit: "day" },
  "stickiness of a cohort": {
    kind: "stickiness",
    ...range,
    select,
    unit: "day",
    where: { cohort },
  },
  stickiness: { kind: "stickiness", ...range, select, unit: "day", mode: "atLeast" },
};

function executorsOf(log: Log, count: number): ShardExecutor[] {
  return Array.from({ length: count }, () =>
    inlineExecutor(log.env, createTailCache({ bytesMax: 2 ** 22 })),
  );
}
const lost = new ShaleError("WORKER_FAILED", "the thread is gone");

/** Fails so many times before it does its work. */
function failing(executor: ShardExecutor, failures: number): ShardExecutor {
  let left = failures;
  return {
    async run(request, watch) {
      if (left-- > 0) throw lost;
      return await executor.run(request, watch);
    },
  };
}

function costOf({ stats }: AnswerMeta): unknown {
  const { bytesRead: _bytes, elapsedMs: _ms, ...counted } = stats;
  return counted;
}

describe.each(Object.keys(queries))("a %s over several executors", (kind) => {
  const query = queries[kind];

  it("is the one of this thread, and so is what it cost", async () => {
    const log = await logOf(events, 7);
    const alone = await ask(log, query);
    for (const count of [1, 2, 5, 9]) {
      const executors = executorsOf(log, count);
      const answer = await ask(log, query, { executors, fanOutRowsMin: 0 });
      expect(withoutMeta(answer)).toEqual(withoutMeta(alone));
      expect(costOf(answer.meta)).toEqual(costOf(alone.meta));
    }
  });

  it("asks the shards of one that failed again, and only those", async () => {
    const log = await logOf(events, 7);
    const [first, second] = executorsOf(log, 2);
    const executors = [failing(first!, 2), second!];
    const answer = await ask(log, query, { executors, fanOutRowsMin: 0 });
    expect(withoutMeta(answer)).toEqual(withoutMeta(await ask(log, query)));
    expect(answer.meta.stats.retries).toBe(2);
  });
});

it("gives up on an executor that always fails, and stops the others", async () => {
  const log = await logOf(events, 7);
  const [first, second] = executorsOf(log, 2);
  let stopped: unknown;
  const waiting: ShardExecutor = {
    async run(request, watch) {
      await new Promise((resolve) => watch.guard.signal.addEventListener("abort", resolve));
      stopped = watch.guard.signal.reason;
      return await second!.run(request, watch);
    },
  };
  const executors = [failing(first!, 3), waiting];
  const asking = ask(log, queries["funnel"], { executors, fanOutRowsMin: 0 });
  await expect(asking).rejects.toBe(lost);
  expect(stopped).toMatchObject({ code: "CANCELLED" });
});

it("says why the caller stopped it, whatever the executors say", async () => {
  const log = await logOf(events, 7);
  const stop = new AbortController();
  const stuck: ShardExecutor = {
    run: async (_request, { guard }) => {
      stop.abort();
      await new Promise((resolve) => setImmediate(resolve));
      throw guard.signal.aborted ? lost : new Error("was not told");
    },
  };
  const options = { executors: [stuck], fanOutRowsMin: 0, signal: stop.signal };
  await expect(ask(log, queries["retention"], options)).rejects.toMatchObject({
    code: "CANCELLED",
  });
});

it("reports the rows of all executors together", async () => {
  const log = await logOf(events, 7);
  const seen: { done: number; total: number }[] = [];
  const executors = executorsOf(log, 3);
  const onProgress = (one: { done: number; total: number }) => seen.push(one);
  await ask(log, queries["retention"], { executors, fanOutRowsMin: 0, onProgress });
  expect(seen.at(-1)).toMatchObject({ done: 300, total: 300 });
});
