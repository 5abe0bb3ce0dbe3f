import { expect, test } from "vitest";
import { manualClock } from "./manual-clock.ts";

test("time stands still until it is advanced", async () => {
  const clock = manualClock(1_000);
  expect(clock.nowMs()).toBe(1_000);
  expect(clock.monotonicMs()).toBe(0);
  await clock.advance(250);
  expect(clock.nowMs()).toBe(1_250);
  expect(clock.monotonicMs()).toBe(250);
});

test("sleepers wake in the order of their due times, each at its own time", async () => {
  const clock = manualClock(0);
  const woken: string[] = [];
  async function nap(name: string, ms: number): Promise<void> {
    await clock.sleep(ms);
    woken.push(`${name}@${clock.nowMs()}`);
  }
  const naps = [nap("c", 30), nap("a", 10), nap("b", 20), nap("a2", 10)];
  await clock.advance(25);
  expect(woken).toEqual(["a@10", "a2@10", "b@20"]);
  expect(clock.nowMs()).toBe(25);
  await clock.advance(5);
  await Promise.all(naps);
  expect(woken.at(-1)).toBe("c@30");
});

test("a sleep begun while time advances ends in the same advance when it is due", async () => {
  const clock = manualClock(0);
  let ticks = 0;
  const stop = new AbortController();
  async function tick(): Promise<void> {
    while (!stop.signal.aborted) {
      await clock.sleep(100, { signal: stop.signal });
      ticks++;
    }
  }
  const ticking = tick();
  await clock.advance(1_000);
  expect(ticks).toBe(10);
  stop.abort(new Error("enough"));
  await expect(ticking).rejects.toThrow("enough");
  expect(clock.sleeperCount).toBe(0);
});

test("an aborted sleep rejects with the signal's reason, before or during it", async () => {
  const clock = manualClock(0);
  await expect(clock.sleep(5, { signal: AbortSignal.abort("early") })).rejects.toBe("early");
  const stop = new AbortController();
  const sleep = clock.sleep(5, { signal: stop.signal });
  stop.abort("late");
  await expect(sleep).rejects.toBe("late");
});

test("with autoAdvance a sleeper wakes once nothing else runs", async () => {
  const clock = manualClock(0, { autoAdvance: true });
  const order: string[] = [];
  const long = clock.sleep(86_400_000).then(() => order.push("day"));
  const short = (async () => {
    for (let i = 0; i < 3; i++) await clock.sleep(1_000);
    order.push("seconds");
  })();
  await Promise.all([long, short]);
  expect(order).toEqual(["seconds", "day"]);
  expect(clock.nowMs()).toBe(86_400_000);
});

test("the wall clock can step back without moving durations", async () => {
  const clock = manualClock(10_000);
  const sleep = clock.sleep(100);
  clock.stepWallTo(5_000);
  expect(clock.nowMs()).toBe(5_000);
  expect(clock.monotonicMs()).toBe(0);
  await clock.advance(100);
  await sleep;
  expect(clock.nowMs()).toBe(5_100);
});

test("sleeping for nothing goes on without advancing", async () => {
  const clock = manualClock(0);
  await clock.sleep(0);
  expect(clock.nowMs()).toBe(0);
});

test("time stands still during work that takes real time", async () => {
  const clock = manualClock(0, { autoAdvance: true });
  let isAwake = false;
  const nap = clock.sleep(1_000).then(() => {
    isAwake = true;
  });
  let turns = 0;
  async function compile(): Promise<void> {
    for (; turns < 50; turns++) await new Promise((resolve) => setImmediate(resolve));
  }
  await clock.holdDuring(compile());
  expect([turns, isAwake, clock.nowMs()]).toEqual([50, false, 0]);
  await nap;
  expect(clock.nowMs()).toBe(1_000);
});
