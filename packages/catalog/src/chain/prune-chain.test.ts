import type { ObjectEntry } from "@shale/env";
import { memoryStore } from "@shale/env";
import { manualClock } from "@shale/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { blindEdit, envOver, openLog, versionsOf } from "../../test/log-chain.ts";
import { pausedStore } from "../../test/paused-store.ts";
import { CHAIN_HISTORY_MS, planPruning } from "./prune-chain.ts";

const HOUR = CHAIN_HISTORY_MS;

function entriesOf(times: readonly number[]): ObjectEntry[] {
  return times.map((modifiedMs, i) => ({ key: `k/${i}`, size: 1, version: `v${i}`, modifiedMs }));
}

test("planPruning() never takes the newest, and takes a run from the oldest upward", () => {
  const times = fc.array(fc.integer({ min: 0, max: 5 * HOUR }), { maxLength: 12 });
  fc.assert(
    fc.property(times, (modified) => {
      const entries = entriesOf(modified);
      const planned = planPruning(entries);
      expect(planned).toEqual(entries.slice(0, planned.length));
      expect(planned.length).toBeLessThan(Math.max(1, entries.length));
    }),
  );
});

test("planPruning() keeps what was the newest at some time in the last hour", () => {
  const plan = (times: number[]) => planPruning(entriesOf(times)).length;
  expect(plan([])).toBe(0);
  expect(plan([0])).toBe(0);
  expect(plan([0, 10 * HOUR])).toBe(0); // It was the newest until now.
  expect(plan([0, 1, 10 * HOUR])).toBe(1);
  expect(plan([0, 9 * HOUR, 10 * HOUR])).toBe(1);
  expect(plan([0, 9 * HOUR + 1, 10 * HOUR])).toBe(0);
});

test("a chain prunes itself by the store's timestamps", async () => {
  const clock = manualClock(0);
  const store = memoryStore({ clock });
  const log = openLog(envOver(store, 1));
  for (let i = 1; i <= 100; i++) {
    await clock.advance(HOUR / 4);
    await log.commit(blindEdit(`e${i}`));
  }
  const versions = (await versionsOf(store)).map(({ version }) => version);
  expect(versions.at(-1)).toBe(100);
  expect(versions).toEqual(versions.map((_, i) => (versions[0] ?? 0) + i));
  expect(versions.length).toBeLessThan(25);
  expect(versions.length).toBeGreaterThan(4);
});

test("a deletion in doubt ends the pruning, and none of it fails the commit", async () => {
  const clock = manualClock(0);
  const store = memoryStore({ clock });
  const outside = openLog(envOver(store, 1));
  for (let i = 1; i <= 15; i++) {
    await outside.commit(blindEdit(`e${i}`));
    await clock.advance(HOUR);
  }
  const view = pausedStore(store);
  const deletion = view.pauseBefore("delete", "0000000000000003");
  const commit = openLog(envOver(view, 2)).commit(blindEdit("mine"));
  await deletion.reached;
  deletion.resume("before");
  expect((await commit).version).toBe(16);
  const versions = (await versionsOf(store)).map(({ version }) => version);
  expect(versions).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
});

test("pruning ends at a version that was made again since it was listed", async () => {
  const clock = manualClock(0);
  const store = memoryStore({ clock });
  const log = openLog(envOver(store, 1));
  for (let i = 1; i <= 4; i++) {
    await log.commit(blindEdit(`e${i}`));
    await clock.advance(2 * HOUR);
  }
  const view = pausedStore(store);
  const deletion = view.pauseBefore("delete", "0000000000000001");
  const pruning = openLog(envOver(view, 2)).prune();
  await deletion.reached;
  const key = "p1/log/0000000000000001";
  await store.delete(key);
  await store.put(key, new TextEncoder().encode("{}"), { ifAbsent: true });
  deletion.resume();
  await pruning;
  expect((await versionsOf(store)).length).toBe(4);
});
