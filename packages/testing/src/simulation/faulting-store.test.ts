import { memoryStore } from "@shale/env";
import { expect, test } from "vitest";
import { faultingStore } from "./faulting-store.ts";
import { createFaults } from "./faults.ts";
import { manualClock } from "./manual-clock.ts";
import { seededRandom } from "./seeded-random.ts";

const bytes = new Uint8Array([1, 2, 3]);
const ifAbsent = { ifAbsent: true } as const;

test("a put that fails before has no effect, one that fails after has", async () => {
  const inner = memoryStore();
  const store = faultingStore(inner, {
    rules: [
      { at: 1, what: ["put"], fault: { kind: "before" } },
      { at: 2, what: ["put"], fault: { kind: "after" } },
    ],
  });
  await expect(store.put("a", bytes, ifAbsent)).rejects.toMatchObject({
    code: "STORE_UNAVAILABLE",
  });
  expect(await inner.get("a")).toBeUndefined();
  // The first rule matches this put too, as its second: a rule counts for itself.
  await store.put("b", bytes, ifAbsent);
  expect(await inner.get("b")).toBeDefined();
});

test("a rule that stands alone loses the reply of the operation it names", async () => {
  const inner = memoryStore();
  const store = faultingStore(inner, { rules: [{ at: 2, fault: { kind: "after" } }] });
  await store.head("a");
  await expect(store.put("a", bytes, ifAbsent)).rejects.toMatchObject({
    code: "STORE_UNAVAILABLE",
  });
  expect(await inner.get("a")).toBeDefined();
  expect(await store.put("a", bytes, ifAbsent)).toEqual({ written: false });
});

test("a write that lands late takes effect when a later operation begins", async () => {
  const inner = memoryStore();
  const store = faultingStore(inner, {
    rules: [{ at: 1, what: ["put"], keyIncludes: "slow", fault: { kind: "late", operations: 2 } }],
  });
  await expect(store.put("slow", bytes, ifAbsent)).rejects.toThrow("in time");
  expect(await store.get("slow")).toBeUndefined();
  expect(await store.get("slow")).toBeDefined();
  expect(await store.put("slow", bytes, ifAbsent)).toEqual({ written: false });
});

test("fast rewrites of one name are refused without effect", async () => {
  const clock = manualClock(0);
  const inner = memoryStore({ clock });
  const faults = createFaults({ rewriteIntervalMs: 1_000 }, { clock });
  const store = faultingStore(inner, faults);
  await store.put("hint", bytes, { always: true });
  await expect(store.put("hint", new Uint8Array(9), { always: true })).rejects.toMatchObject({
    code: "STORE_UNAVAILABLE",
  });
  expect((await inner.get("hint"))?.size).toBe(3);
  await clock.advance(1_000);
  await store.put("hint", new Uint8Array(9), { always: true });
  expect(faults.trace.map(({ outcome }) => outcome)).toEqual([
    "written",
    "STORE_UNAVAILABLE",
    "written",
  ]);
});

test("a delayed operation sleeps on the clock, then succeeds", async () => {
  const clock = manualClock(0, { autoAdvance: true });
  const faults = createFaults({ rules: [{ fault: { kind: "delay", ms: 500 } }] }, { clock });
  await faultingStore(memoryStore({ clock }), faults).put("a", bytes, ifAbsent);
  expect(clock.monotonicMs()).toBe(500);
});

test("a full store says DISK_FULL and keeps what it had", async () => {
  const inner = memoryStore();
  const store = faultingStore(inner, { rules: [{ fault: { kind: "full" } }] });
  await expect(store.put("a", bytes, ifAbsent)).rejects.toMatchObject({ code: "DISK_FULL" });
  expect(await inner.head("a")).toBeUndefined();
});

test("what is made or deleted during a listing may or may not be seen, the rest always", async () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 60; seed++) {
    const inner = memoryStore();
    const store = faultingStore(inner, createFaults({}, { random: seededRandom(seed) }));
    for (const key of ["t/1", "t/2"]) await inner.put(key, bytes, ifAbsent);
    const [page] = await Promise.all([
      store.list("t/"),
      (async () => {
        for (let turns = seed % 20; turns > 0; turns--) await Promise.resolve();
        await inner.put("t/3", bytes, ifAbsent);
        await inner.delete("t/1");
      })(),
    ]);
    const keys = page.entries.map(({ key }) => key);
    expect(keys).toContain("t/2");
    seen.add(keys.join());
  }
  expect([...seen].sort()).toEqual(["t/1,t/2", "t/1,t/2,t/3", "t/2", "t/2,t/3"]);
});

test("a listing keeps its order, its limit and its place", async () => {
  const inner = memoryStore();
  const store = faultingStore(inner, {});
  for (const key of ["t/3", "t/1", "t/2", "u/1"]) await inner.put(key, bytes, ifAbsent);
  const page = await store.list("t/", { limit: 2 });
  expect(page.entries.map(({ key }) => key)).toEqual(["t/1", "t/2"]);
  expect(page.truncated).toBe(true);
  const rest = await store.list("t/", { limit: 2, after: "t/2" });
  expect(rest.entries.map(({ key }) => key)).toEqual(["t/3"]);
  expect(rest.truncated).toBe(false);
});

test("what a caller does to its bytes after the call does not reach the store", async () => {
  const inner = memoryStore();
  const mine = Buffer.from([7, 7]);
  const put = faultingStore(inner, {}).put("a", mine, ifAbsent);
  mine.fill(0);
  await put;
  expect([...((await inner.get("a"))?.bytes ?? [])]).toEqual([7, 7]);
});
