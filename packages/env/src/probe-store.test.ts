import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryRoots } from "../test/temporary-folder.ts";
import { filesystemStore } from "./filesystem/filesystem-store.ts";
import { memoryStore } from "./memory/memory-store.ts";
import type { ObjectStore } from "./object-store.ts";
import { probeStore } from "./probe-store.ts";
import { systemClock } from "./system/system-clock.ts";
import { systemRandom } from "./system/system-random.ts";

const freshRoot = temporaryRoots();
const random = systemRandom();

test("a probe of a store that keeps the rules leaves nothing behind", async () => {
  const store = memoryStore();
  await store.put("default/catalog/1", new Uint8Array(1), { ifAbsent: true });
  await probeStore({ store, random });
  expect((await store.list("")).entries.map(({ key }) => key)).toEqual(["default/catalog/1"]);

  const root = freshRoot();
  await probeStore({ store: filesystemStore(root), random });
  expect(readdirSync(root).sort()).toEqual([".swept", "_probe"]);
  expect(readdirSync(join(root, "_probe"))).toEqual([]);
});

test("a probe deletes what an interrupted one left more than an hour ago", async () => {
  let nowMs = 1_753_900_000_000;
  const store = memoryStore({ clock: { ...systemClock(), nowMs: () => nowMs } });
  await store.put("_probe/old-race", new Uint8Array(1), { ifAbsent: true });
  nowMs += 3_600_001;
  await store.put("_probe/running-race", new Uint8Array(1), { ifAbsent: true });
  await probeStore({ store, random });
  expect((await store.list("")).entries.map(({ key }) => key)).toEqual(["_probe/running-race"]);
});

const brokenStores: Readonly<Record<string, (store: ObjectStore) => Partial<ObjectStore>>> = {
  "a name that is taken is not created again": (store) => ({
    put: (key, bytes) => store.put(key, bytes, { always: true }),
  }),
  "a version that no longer stands is not replaced": (store) => ({
    put: (key, bytes, condition) =>
      store.put(key, bytes, "ifVersion" in condition ? { always: true } : condition),
  }),
  "a version that no longer stands is not deleted": (store) => ({
    delete: (key) => store.delete(key),
  }),
  "a write is listed at once": () => ({
    list: async () => ({ entries: [], truncated: false }),
  }),
  "a write is read back as it was written": () => ({
    get: async () => undefined,
  }),
  "one of 10 racing creators wins, not 10": (store) => ({
    put: async (key, bytes, condition) => {
      const wanted = key.endsWith("race") ? ({ always: true } as const) : condition;
      return store.put(key, bytes, wanted);
    },
  }),
};

for (const [rule, breakStore] of Object.entries(brokenStores)) {
  test(`a store is refused that breaks the rule: ${rule}`, async () => {
    const whole = memoryStore();
    const store = { ...whole, ...breakStore(whole) };
    await expect(probeStore({ store, random })).rejects.toMatchObject({
      code: "STORE_RULES_BROKEN",
      details: { rule },
    });
  });
}
