import assert from "node:assert/strict";
import type { GetOptions } from "../object-store.ts";
import type { ConformanceChecks } from "./conformance-check.ts";
import { bytesOf, createText, listKeys, readText } from "./conformance-check.ts";

const BIG_BYTES = 5_000_011;

export const readCases: ConformanceChecks = {
  "has nothing under a key that was never written": async (store) => {
    assert.equal(await store.get("a/b"), undefined);
    assert.equal(await store.get("a/b", { range: { offset: 0, length: 1 } }), undefined);
    assert.equal(await store.head("a/b"), undefined);
    assert.deepEqual(await store.list(""), { entries: [], truncated: false });
  },

  "shows an acknowledged write at once to get, head and list": async (store) => {
    const version = await createText(store, "a/b", "hello");
    const object = await store.get("a/b");
    assert.deepEqual(object, { bytes: bytesOf("hello"), version, size: 5 });
    const entry = await store.head("a/b");
    assert.ok(entry);
    assert.ok(Number.isSafeInteger(entry.modifiedMs), "a time is a whole number of ms");
    assert.deepEqual(entry, { key: "a/b", size: 5, version, modifiedMs: entry.modifiedMs });
    assert.deepEqual(await store.list("a/"), { entries: [entry], truncated: false });
  },

  "returns the part of an object that a range covers": async (store) => {
    await createText(store, "k", "0123456789");
    const expected: readonly (readonly [GetOptions["range"], string])[] = [
      [{ offset: 0, length: 10 }, "0123456789"],
      [{ offset: 0, length: 1 }, "0"],
      [{ offset: 3, length: 4 }, "3456"],
      [{ offset: 9, length: 1 }, "9"],
      [{ offset: 8, length: 100 }, "89"],
      [{ offset: 10, length: 5 }, ""],
      [{ offset: 99, length: 5 }, ""],
      [{ offset: 4, length: 0 }, ""],
      [{ suffix: 3 }, "789"],
      [{ suffix: 10 }, "0123456789"],
      [{ suffix: 11 }, "0123456789"],
      [{ suffix: 0 }, ""],
      [undefined, "0123456789"],
    ];
    const version = (await store.head("k"))?.version;
    for (const [range, text] of expected) {
      const object = await store.get("k", { range });
      assert.deepEqual(object, { bytes: bytesOf(text), version, size: 10 }, JSON.stringify(range));
    }
  },

  "keeps an empty object": async (store) => {
    await createText(store, "empty", "");
    assert.equal((await store.get("empty"))?.size, 0);
    assert.equal((await store.get("empty", { range: { suffix: 8 } }))?.bytes.length, 0);
    assert.equal((await store.head("empty"))?.size, 0);
    assert.deepEqual(await listKeys(store, ""), ["empty"]);
    assert.deepEqual(await store.put("empty", bytesOf("x"), { ifAbsent: true }), {
      written: false,
    });
  },

  "keeps every byte of a big object": async (store) => {
    const bytes = new Uint8Array(BIG_BYTES);
    for (let i = 0; i < bytes.length; i++) bytes[i] = (i * 2_654_435_761) >>> 13;
    await store.put("big", bytes, { ifAbsent: true });
    const object = await store.get("big");
    assert.equal(object?.size, BIG_BYTES);
    assert.ok(Buffer.from(object.bytes).equals(bytes), "the bytes come back as they were");
    const range = { offset: 4_999_990, length: 100 };
    assert.deepEqual((await store.get("big", { range }))?.bytes, bytes.slice(4_999_990));
  },

  "neither lends its bytes nor borrows the caller's": async (store) => {
    const shared = Buffer.from(bytesOf("--mine--"));
    const mine = shared.subarray(2, 6);
    await store.put("k", mine, { ifAbsent: true });
    mine.fill(0);
    assert.equal(await readText(store, "k"), "mine");
    (await store.get("k"))?.bytes.fill(0);
    (await store.get("k", { range: { offset: 0, length: 2 } }))?.bytes.fill(0);
    assert.equal(await readText(store, "k"), "mine");
  },

  "rejects with the reason of an aborted signal and does nothing": async (store) => {
    await createText(store, "k", "before");
    const reason = new Error("the caller stopped");
    const signal = AbortSignal.abort(reason);
    const isReason = (error: unknown): boolean => error === reason;
    await assert.rejects(store.get("k", { signal }), isReason);
    await assert.rejects(store.head("k", { signal }), isReason);
    await assert.rejects(store.list("", { signal }), isReason);
    await assert.rejects(store.put("k", bytesOf("x"), { always: true }, { signal }), isReason);
    await assert.rejects(store.put("new", bytesOf("x"), { ifAbsent: true }, { signal }), isReason);
    await assert.rejects(store.delete("k", { signal }), isReason);
    assert.equal(await readText(store, "k"), "before");
    assert.deepEqual(await listKeys(store, ""), ["k"]);
  },
};
