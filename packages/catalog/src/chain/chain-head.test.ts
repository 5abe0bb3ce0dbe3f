import type { ObjectStore } from "@shale/env";
import { memoryStore } from "@shale/env";
import { expect, test } from "vitest";
import { blindEdit, envOver, LOG_PREFIX, openLog, pruneAll } from "../../test/log-chain.ts";
import { pausedStore } from "../../test/paused-store.ts";

const keyOf = (version: number) => LOG_PREFIX + String(version).padStart(16, "0");

/** A store whose next `count` listings miss everything, as a scan does that runs for too long. */
function blindStore(store: ObjectStore): ObjectStore & { blindFor(count: number): void } {
  let blind = 0;
  return {
    ...store,
    blindFor(count) {
      blind = count;
    },
    async list(prefix, options) {
      const page = await store.list(prefix, options);
      return blind-- > 0 ? { entries: [], truncated: false } : page;
    },
  };
}

test("loadNewest() reads a version once, and then lists only after it", async () => {
  const store = memoryStore();
  const view = pausedStore(store);
  const log = openLog(envOver(view, 1));
  const others = openLog(envOver(store, 2));
  await others.commit(blindEdit("a"));
  expect((await log.loadNewest())?.version).toBe(1);
  const callCount = view.calls.length;
  expect((await log.loadNewest())?.version).toBe(1);
  expect(view.calls.slice(callCount)).toEqual([`list ${LOG_PREFIX}`, `head ${keyOf(1)}`]);
  await others.commit(blindEdit("b"));
  expect((await log.loadNewest())?.log).toEqual(["a", "b"]);
});

test("loadNewest() does not believe a remembered version that was pruned while it listed", async () => {
  const store = blindStore(memoryStore());
  const log = openLog(envOver(store, 1));
  const others = openLog(envOver({ ...store }, 2));
  await others.commit(blindEdit("a"));
  await log.loadNewest();
  for (const name of ["b", "c"]) await others.commit(blindEdit(name));
  await pruneAll(store);
  store.blindFor(1);
  expect((await log.loadNewest())?.log).toEqual(["a", "b", "c"]);
});

test("loadNewest() does not believe one listing that the chain is empty", async () => {
  const store = blindStore(memoryStore());
  await openLog(envOver({ ...store }, 2)).commit(blindEdit("a"));
  store.blindFor(1);
  expect((await openLog(envOver(store, 1)).loadNewest())?.log).toEqual(["a"]);
});

test("loadNewest() looks again when the version that it found is pruned before it reads it", async () => {
  const store = memoryStore();
  const view = pausedStore(store);
  const others = openLog(envOver(store, 2));
  await others.commit(blindEdit("a"));
  const reading = view.pauseBefore("get", keyOf(1));
  const loading = openLog(envOver(view, 1)).loadNewest();
  await reading.reached;
  await others.commit(blindEdit("b"));
  await pruneAll(store);
  reading.resume();
  expect((await loading)?.log).toEqual(["a", "b"]);
});

test("loadNewest() looks again when another content stands under the number that it found", async () => {
  const store = memoryStore();
  const view = pausedStore(store);
  const others = openLog(envOver(store, 2));
  await others.commit(blindEdit("a"));
  const reading = view.pauseBefore("get", keyOf(1));
  const loading = openLog(envOver(view, 1)).loadNewest();
  await reading.reached;
  const first = await store.get(keyOf(1));
  await others.commit(blindEdit("b"));
  await pruneAll(store);
  await store.put(keyOf(1), first!.bytes, { ifAbsent: true }); // A sleeper's, not yet undone.
  reading.resume();
  expect((await loading)?.log).toEqual(["a", "b"]);
});

test("loadNewest() passes over names that are no versions", async () => {
  const store = memoryStore();
  const log = openLog(envOver(store, 1));
  for (const name of ["0000000000000009.page", "notes", "9999999999999999"]) {
    await store.put(LOG_PREFIX + name, new Uint8Array(1), { ifAbsent: true });
  }
  expect(await log.loadNewest()).toBeUndefined();
  await log.commit(blindEdit("a"));
  expect((await log.loadNewest())?.version).toBe(1);
});
