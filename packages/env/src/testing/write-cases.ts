import assert from "node:assert/strict";
import type { ConformanceChecks } from "./conformance-check.ts";
import { bytesOf, createText, listKeys, readText, versionOfWritten } from "./conformance-check.ts";

const lost = { written: false };

export const writeCases: ConformanceChecks = {
  "creates an object once": async (store) => {
    const version = await createText(store, "a/b", "first");
    assert.deepEqual(await store.put("a/b", bytesOf("second"), { ifAbsent: true }), lost);
    assert.deepEqual(await store.put("a/b", bytesOf("first"), { ifAbsent: true }), lost);
    assert.equal(await readText(store, "a/b"), "first");
    assert.equal((await store.head("a/b"))?.version, version);
  },

  "replaces an object only from the version that stands": async (store) => {
    assert.deepEqual(await store.put("k", bytesOf("x"), { ifVersion: "0" }), lost);
    assert.equal(await store.get("k"), undefined);
    const first = await createText(store, "k", "one");
    const second = versionOfWritten(await store.put("k", bytesOf("two"), { ifVersion: first }));
    assert.equal((await store.head("k"))?.version, second);
    assert.deepEqual(await store.put("k", bytesOf("three"), { ifVersion: first }), lost);
    assert.equal(await readText(store, "k"), "two");
    await store.delete("k");
    assert.deepEqual(await store.put("k", bytesOf("four"), { ifVersion: second }), lost);
    assert.equal(await store.get("k"), undefined);
  },

  "writes without a condition whatever stands there": async (store) => {
    const first = versionOfWritten(await store.put("k", bytesOf("one"), { always: true }));
    const second = versionOfWritten(await store.put("k", bytesOf("two"), { always: true }));
    assert.notEqual(first, second);
    assert.equal(await readText(store, "k"), "two");
    assert.equal((await store.head("k"))?.version, second);
  },

  "gives another version to every content, also to equal bytes": async (store) => {
    const versions = new Set<string>();
    let version = await createText(store, "k", "same");
    versions.add(version);
    for (let round = 0; round < 40; round++) {
      version = versionOfWritten(await store.put("k", bytesOf("same"), { ifVersion: version }));
      versions.add(version);
    }
    assert.equal(versions.size, 41);
  },

  "gives another version to a key that was deleted and made again": async (store) => {
    const versions = new Set<string>();
    for (let round = 0; round < 40; round++) {
      const version = await createText(store, "k", "same");
      versions.add(version);
      assert.deepEqual(await store.delete("k", { ifVersion: version }), { deleted: true });
    }
    assert.equal(versions.size, 40);
  },

  "deletes, and is done where there is nothing to delete": async (store) => {
    assert.deepEqual(await store.delete("never/there"), { deleted: true });
    assert.deepEqual(await store.delete("never/there", { ifVersion: "0" }), { deleted: true });
    const version = await createText(store, "a/b", "one");
    await createText(store, "a/c", "two");
    assert.deepEqual(await store.delete("a/b"), { deleted: true });
    assert.equal(await store.get("a/b"), undefined);
    assert.equal(await store.head("a/b"), undefined);
    assert.deepEqual(await listKeys(store, ""), ["a/c"]);
    assert.deepEqual(await store.delete("a/b", { ifVersion: version }), { deleted: true });
  },

  "leaves alone what is deleted by another version": async (store) => {
    const first = await createText(store, "k", "one");
    const second = versionOfWritten(await store.put("k", bytesOf("two"), { ifVersion: first }));
    assert.deepEqual(await store.delete("k", { ifVersion: first }), { deleted: false });
    assert.equal(await readText(store, "k"), "two");
    assert.deepEqual(await store.delete("k", { ifVersion: second }), { deleted: true });
    assert.equal(await store.get("k"), undefined);
  },

  "keeps the version and the time of an object that is only read": async (store) => {
    await createText(store, "k", "one");
    const before = await store.head("k");
    await store.get("k");
    await store.list("");
    await store.put("k", bytesOf("other"), { ifAbsent: true });
    await store.delete("k", { ifVersion: "0" });
    assert.deepEqual(await store.head("k"), before);
  },
};
