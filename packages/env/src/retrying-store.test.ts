import { ShaleError } from "@shale/model";
import { expect, test } from "vitest";
import type { Clock } from "./clock.ts";
import { silentLogger } from "./logger.ts";
import { memoryStore } from "./memory/memory-store.ts";
import type { ObjectStore } from "./object-store.ts";
import type { RetryPolicy } from "./retrying-store.ts";
import { retryingStore } from "./retrying-store.ts";
import { objectStoreConformance } from "./testing/index.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const policy: RetryPolicy = { delayMsFirst: 10, delayMsMax: 100, deadlineMs: 1_000 };
const unavailable = (): ShaleError => new ShaleError("STORE_UNAVAILABLE", "Cannot: no reply");

/** A clock in which only sleeping takes time. */
function sleptClock(): Clock & { readonly slept: number[] } {
  const slept: number[] = [];
  let nowMs = 0;
  return {
    slept,
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    async sleep(durationMs, { signal } = {}) {
      signal?.throwIfAborted();
      slept.push(durationMs);
      nowMs += durationMs;
    },
  };
}

interface Attempt {
  /** Whether the call takes effect; it gives no reply either way. */
  readonly effective: boolean;
  /** What others do after it. */
  readonly afterwards?: ((store: ObjectStore) => Promise<unknown>) | undefined;
}

/** A store whose next calls give no reply, and a retrying store over it. */
function setUp(attempts: readonly Attempt[], options: { readonly random?: number } = {}) {
  const whole = memoryStore();
  const pending = [...attempts];
  const calls: string[] = [];
  async function unclear<T>(name: string, call: () => Promise<T>): Promise<T> {
    calls.push(name);
    const attempt = pending.shift();
    if (attempt === undefined) return call();
    if (attempt.effective) await call();
    await attempt.afterwards?.(whole);
    throw unavailable();
  }
  const store: ObjectStore = {
    get: (...args) => unclear("get", () => whole.get(...args)),
    head: (...args) => unclear("head", () => whole.head(...args)),
    put: (...args) => unclear("put", () => whole.put(...args)),
    delete: (...args) => unclear("delete", () => whole.delete(...args)),
    list: (...args) => unclear("list", () => whole.list(...args)),
  };
  const clock = sleptClock();
  const random = { nextU32: () => options.random ?? 0x8000_0000 };
  const env = { clock, random, logger: silentLogger };
  return { whole, calls, clock, retrying: retryingStore(env, store, policy) };
}

objectStoreConformance("retryingStore", () => setUp([]).retrying, test);

test("reads, lists and deletes are repeated until there is a reply", async () => {
  const lost = { effective: true };
  const { whole, retrying, calls } = setUp([lost, lost]);
  await whole.put("k", bytes("x"), { ifAbsent: true });
  expect((await retrying.get("k"))?.bytes).toEqual(bytes("x"));
  expect(calls).toEqual(["get", "get", "get"]);
  const deleting = setUp([lost]);
  const outcome = await deleting.whole.put("k", bytes("x"), { ifAbsent: true });
  const ifVersion = outcome.written ? outcome.version : "";
  // The first one deleted it; the repetition finds nothing, which is done too.
  expect(await deleting.retrying.delete("k", { ifVersion })).toEqual({ deleted: true });
  expect(await setUp([lost]).retrying.list("")).toEqual({ entries: [], truncated: false });
});

test("a creation whose reply was lost is found to be ours", async () => {
  const { whole, retrying, calls } = setUp([{ effective: true }]);
  const outcome = await retrying.put("k", bytes("nonce 1"), { ifAbsent: true });
  expect(outcome).toEqual({ written: true, version: (await whole.head("k"))?.version });
  expect(calls).toEqual(["put", "put", "get"]);
});

test("a creation that never arrived is made by the repetition", async () => {
  const { whole, retrying } = setUp([{ effective: false }, { effective: false }]);
  const outcome = await retrying.put("k", bytes("nonce 1"), { ifAbsent: true });
  expect(outcome).toEqual({ written: true, version: (await whole.head("k"))?.version });
});

test("a creation that somebody else won in the meantime is lost", async () => {
  const other = (store: ObjectStore) => store.put("k", bytes("nonce 2"), { ifAbsent: true });
  const { whole, retrying } = setUp([{ effective: false, afterwards: other }]);
  expect(await retrying.put("k", bytes("nonce 1"), { ifAbsent: true })).toEqual({ written: false });
  expect((await whole.get("k"))?.bytes).toEqual(bytes("nonce 2"));
});

test("a creation is tried again when what stood in its way has gone", async () => {
  const other = (store: ObjectStore) => store.put("k", bytes("nonce 2"), { ifAbsent: true });
  const away = (store: ObjectStore) => store.delete("k");
  const gone = setUp([
    { effective: false, afterwards: other },
    { effective: true, afterwards: away },
  ]);
  const outcome = await gone.retrying.put("k", bytes("nonce 1"), { ifAbsent: true });
  expect(outcome.written).toBe(true);
});

test("a replacement whose reply was lost is found to be ours, or said to be unclear", async () => {
  const ours = setUp([{ effective: true }]);
  const created = await ours.whole.put("k", bytes("old"), { ifAbsent: true });
  const ifVersion = created.written ? created.version : "";
  const outcome = await ours.retrying.put("k", bytes("nonce 1"), { ifVersion });
  expect(outcome).toEqual({ written: true, version: (await ours.whole.head("k"))?.version });

  const overwrite = (store: ObjectStore) => store.put("k", bytes("nonce 2"), { always: true });
  const unknown = setUp([{ effective: true, afterwards: overwrite }]);
  const again = await unknown.whole.put("k", bytes("old"), { ifAbsent: true });
  await expect(
    unknown.retrying.put("k", bytes("nonce 1"), { ifVersion: again.written ? again.version : "" }),
  ).rejects.toMatchObject({ code: "STORE_UNAVAILABLE", message: /Cannot tell/ });
  expect(unknown.calls).toEqual(["put", "put", "get"]);
});

test("a write without a condition is repeated", async () => {
  const { whole, retrying } = setUp([{ effective: true }, { effective: false }]);
  await retrying.put("k", bytes("hint"), { always: true });
  expect((await whole.get("k"))?.bytes).toEqual(bytes("hint"));
});

test("a loss at the first attempt is not looked into", async () => {
  const { whole, retrying, calls } = setUp([]);
  await whole.put("k", bytes("same"), { ifAbsent: true });
  expect(await retrying.put("k", bytes("same"), { ifAbsent: true })).toEqual({ written: false });
  expect(calls).toEqual(["put"]);
});

test("waits are drawn from zero to a doubling limit, and end at the deadline", async () => {
  const endless = Array.from({ length: 1000 }, () => ({ effective: false }));
  const { retrying, clock } = setUp(endless, { random: 0xffff_ffff });
  await expect(retrying.get("k")).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
  expect(clock.slept.slice(0, 6).map(Math.round)).toEqual([10, 20, 40, 80, 100, 100]);
  expect(clock.nowMs()).toBeLessThan(policy.deadlineMs);
  expect(clock.nowMs()).toBeGreaterThan(policy.deadlineMs - policy.delayMsMax - 1);
});

test("other errors are thrown at once, as they were", async () => {
  const denied = new ShaleError("PERMISSION_DENIED", "Cannot read");
  const clock = sleptClock();
  const store = { ...memoryStore(), get: () => Promise.reject(denied) };
  const env = { clock, random: { nextU32: () => 0 }, logger: silentLogger };
  await expect(retryingStore(env, store, policy).get("k")).rejects.toBe(denied);
  expect(clock.slept).toEqual([]);
});

test("an abort ends the waiting with the signal's reason", async () => {
  const stop = new AbortController();
  const abort = async (): Promise<void> => stop.abort("enough");
  const { retrying } = setUp([{ effective: false, afterwards: abort }]);
  await expect(retrying.get("k", { signal: stop.signal })).rejects.toBe("enough");
});
