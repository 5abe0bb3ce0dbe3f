import { expect, test } from "vitest";
import { fanOut } from "./fan-out.ts";

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("results stand in the order of the items, whatever finishes first", async () => {
  const results = await fanOut([3, 1, 2, 0], { concurrency: 4 }, async (ticks) => {
    for (let i = 0; i < ticks; i++) await tick();
    return `after ${ticks}`;
  });
  expect(results).toEqual(["after 3", "after 1", "after 2", "after 0"]);
  expect(await fanOut([], { concurrency: 2 }, async () => 1)).toEqual([]);
});

test("no more calls run at the same time than asked for", async () => {
  let running = 0;
  let most = 0;
  await fanOut(Array.from({ length: 50 }), { concurrency: 3 }, async () => {
    most = Math.max(most, ++running);
    await tick();
    running--;
  });
  expect(most).toBe(3);
  await expect(fanOut([1], { concurrency: 0 }, tick)).rejects.toThrow("concurrency");
});

test("the first failure stops the rest, is rethrown as it was, and nothing runs on", async () => {
  const failure = new Error("the second one");
  const started: number[] = [];
  let running = 0;
  const all = fanOut([0, 1, 2, 3, 4], { concurrency: 2 }, async (item, signal) => {
    started.push(item);
    running++;
    try {
      if (item === 1) throw failure;
      while (!signal.aborted) await tick();
      await tick();
      signal.throwIfAborted();
    } finally {
      running--;
    }
  });
  await expect(all).rejects.toBe(failure);
  expect(running).toBe(0);
  expect(started).toEqual([0, 1]);
});

test("an aborted signal rejects with its reason and reaches the calls", async () => {
  const stop = new AbortController();
  const seen: unknown[] = [];
  const all = fanOut([0, 1, 2], { concurrency: 2, signal: stop.signal }, async (_, signal) => {
    while (!signal.aborted) await tick();
    seen.push(signal.reason);
  });
  stop.abort("enough");
  await expect(all).rejects.toBe("enough");
  expect(seen).toEqual(["enough", "enough"]);
  let calls = 0;
  const late = fanOut([0], { concurrency: 1, signal: stop.signal }, async () => calls++);
  await expect(late).rejects.toBe("enough");
  expect(calls).toBe(0);
});
