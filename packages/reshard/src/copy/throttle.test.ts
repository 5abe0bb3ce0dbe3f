import { simulatedEnv } from "@shale/testing";
import { expect, test } from "vitest";
import { createThrottle, jobBytesUnder } from "./throttle.ts";

const MB = 1_000_000;

test("jobs are held to the rate on the average, and a new rate counts at once", async () => {
  const env = simulatedEnv({ seed: 1 });
  const throttle = createThrottle(env.clock);
  let perSecond: number | null = 2 * MB;
  const startMs = env.clock.monotonicMs();
  const secondsAfter = async (jobs: number): Promise<number> => {
    const bytes = jobBytesUnder({ bytesPerSecond: perSecond }, 32 * MB);
    const work = (async () => {
      for (let i = 0; i < jobs; i++) await throttle.take(bytes, async () => perSecond);
    })();
    let isOver = false;
    void work.then(() => {
      isOver = true;
    });
    for (let i = 0; i < 10_000 && !isOver; i++) {
      await env.clock.advance(10);
      await Promise.resolve();
    }
    return (env.clock.monotonicMs() - startMs) / 1_000;
  };
  // A second's worth each; the first is free.
  const first = await secondsAfter(11);
  expect(first).toBeGreaterThan(9);
  expect(first).toBeLessThan(11);
  perSecond = null;
  expect((await secondsAfter(5)) - first).toBeLessThan(2);
});

test("a slow rate makes small jobs, no rate large ones", () => {
  expect(jobBytesUnder({ bytesPerSecond: null }, 32 * MB)).toBe(32 * MB);
  expect(jobBytesUnder({ bytesPerSecond: 5 * MB }, 32 * MB)).toBe(5 * MB);
  expect(jobBytesUnder({ bytesPerSecond: 1 }, 32 * MB)).toBe(65_536);
});
