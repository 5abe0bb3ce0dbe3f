import type { FunnelAnswer } from "@shale/model";
import { expect, it } from "vitest";
import { ask, logOf, withoutMeta } from "../../test/ask.ts";
import { timesToConvert } from "./answer/time-to-convert.ts";

const START_MS = Date.UTC(2026, 9, 1);
const range = { kind: "funnel", from: "2026-10-01", to: "2026-11-01", window: "7d" };

/** Users who do the steps s0, s1, … in order, user u as many as u. */
function stairs(stepCount: number, spacingMs = 60_000) {
  return Array.from({ length: stepCount + 1 }, (_, user) => user).flatMap((user) =>
    Array.from({ length: user }, (_, step) => ({
      event: `s${step}`,
      user: `u${user}`,
      atMs: START_MS + step * spacingMs,
      properties: { user },
    })),
  );
}
const stepsOf = (count: number) => Array.from({ length: count }, (_, s) => ({ event: `s${s}` }));

it.each(["first", "optimized"])("walks 100 steps over many days, entry %s", async (entry) => {
  const log = await logOf(stairs(100, 3_600_000), 3);
  const query = { ...range, steps: stepsOf(100), entry, asOf: "2026-12-01" };
  const { steps } = (await ask(log, query)) as FunnelAnswer;
  expect(steps.map(({ count }) => count)).toEqual(Array.from({ length: 100 }, (_, s) => 100 - s));
  const total = 99 * 3_600_000;
  expect(steps[99]?.timeFromFirstMs).toEqual({ avg: total, median: total, p90: total });
});

it("gives one answer whatever the number of shards", async () => {
  const query = { ...range, steps: stepsOf(4), by: ["user"], limit: 2, asOf: "2026-10-02" };
  const answers = await Promise.all(
    [1, 5, 64].map(async (shards) =>
      withoutMeta(await ask(await logOf(stairs(12), shards), query)),
    ),
  );
  expect(answers[1]).toEqual(answers[0]);
  expect(answers[2]).toEqual(answers[0]);
});

it("refuses to hold more than the budget", async () => {
  const log = await logOf(stairs(60));
  const query = { ...range, steps: stepsOf(60) };
  await expect(ask(log, query, { memoryBytesMax: 10_000 })).rejects.toMatchObject({
    code: "MEMORY_EXCEEDED",
  });
});

it("stops when it is told to", async () => {
  const log = await logOf(stairs(20));
  const query = { ...range, steps: stepsOf(20) };
  await expect(ask(log, query, { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: "CANCELLED",
  });
});

it("names the unit of the trend when it has too many intervals", async () => {
  const trend = { mode: "perInterval", unit: "minute" };
  const query = { ...range, from: "2025-01-01", steps: stepsOf(2), trend };
  await expect(ask(await logOf([]), query)).rejects.toMatchObject({
    code: "QUERY_INVALID",
    path: "trend.unit",
  });
});

it("adds times exactly beyond 2^53", () => {
  const most = Number.MAX_SAFE_INTEGER;
  expect(timesToConvert(Float64Array.of(most, most, most - 3)).avg).toBe(most - 1);
});
