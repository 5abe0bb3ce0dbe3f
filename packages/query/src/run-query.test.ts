import type { Clock } from "@shale/env";
import { describe, expect, it } from "vitest";
import { firstMs } from "../test/arbitrary-events.ts";
import { ask, logOf } from "../test/ask.ts";
import type { Progress } from "./index.ts";

const query = {
  kind: "segmentation",
  from: "2026-10-24",
  to: "2026-10-27",
  unit: "day",
  by: ["p"],
  series: [{ select: {}, measure: "unique" }],
};
const log = await logOf(
  Array.from({ length: 400 }, (_, i) => ({
    event: "e",
    user: `u${i}`,
    atMs: firstMs + i * 600_000,
    properties: { p: i },
  })),
);

describe("runQuery()", () => {
  it("gives a caller's wish to stop as CANCELLED, before and while it runs", async () => {
    const reason = new Error("no more");
    const aborted = ask(log, query, { signal: AbortSignal.abort(reason) });
    await expect(aborted).rejects.toMatchObject({ code: "CANCELLED", cause: reason });
    const stop = new AbortController();
    const clock = steppingClock(log.env.clock, 200);
    const onProgress = (): void => stop.abort(reason);
    const stopped = ask({ ...log, env: { ...log.env, clock } }, query, {
      signal: stop.signal,
      onProgress,
    });
    await expect(stopped).rejects.toMatchObject({ code: "CANCELLED", cause: reason });
  });

  it("ends at its deadline, also when the store does not answer", async () => {
    const clock = steppingClock(log.env.clock, 1000);
    const late = ask({ ...log, env: { ...log.env, clock } }, query, { deadlineMs: 5000 });
    await expect(late).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
    const silent = {
      ...log.env.store,
      get: (_: string, options: { signal?: AbortSignal | undefined } = {}) =>
        new Promise<never>((_resolve, reject) => {
          options.signal?.addEventListener("abort", () => reject(options.signal?.reason));
        }),
    };
    const waiting = ask({ ...log, env: { ...log.env, store: silent } }, query, { deadlineMs: 20 });
    await expect(waiting).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
  });

  it("refuses states larger than its memory budget", async () => {
    await expect(ask(log, query, { memoryBytesMax: 2000 })).rejects.toMatchObject({
      code: "MEMORY_EXCEEDED",
    });
    await expect(ask(log, query)).resolves.toMatchObject({ kind: "segmentation" });
  });

  it("reports how far it has come, and its cost", async () => {
    const reports: Progress[] = [];
    const clock = steppingClock(log.env.clock, 200);
    const answer = await ask({ ...log, env: { ...log.env, clock } }, query, {
      onProgress: (progress) => reports.push(progress),
    });
    const { stats } = answer.meta;
    const counting = reports.filter(({ phase }) => phase === "count");
    expect(counting.at(-1)).toMatchObject({ done: 400, total: 400, unit: "rows", etaMs: 0 });
    expect(counting.map(({ done }) => done)).toEqual(
      counting.map(({ done }) => done).sort((x, y) => x - y),
    );
    // More segments than the limit: the rows are passed over twice.
    expect(reports.some(({ phase }) => phase === "count others")).toBe(true);
    expect(stats).toMatchObject({ filesPlanned: 3, filesPruned: 0, rowsScanned: 800, retries: 0 });
    expect(stats.bytesRead.store).toBeGreaterThan(0);
    expect(stats.elapsedMs).toBeGreaterThan(0);
  });

  it("throws on for a query that holds too many intervals", async () => {
    const minutes = { ...query, unit: "minute", from: "2025-01-01" };
    await expect(ask(log, minutes)).rejects.toMatchObject({ code: "QUERY_INVALID", path: "unit" });
  });
});

/** A clock whose every look is `stepMs` later than the one before. */
function steppingClock(clock: Clock, stepMs: number): Clock {
  let nowMs = 0;
  return {
    ...clock,
    sleep: () => new Promise(() => undefined),
    monotonicMs: () => (nowMs += stepMs),
  };
}
