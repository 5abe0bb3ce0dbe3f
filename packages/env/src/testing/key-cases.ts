import assert from "node:assert/strict";
import type { ConformanceChecks } from "./conformance-check.ts";
import { bytesOf, createText, listKeys, readText } from "./conformance-check.ts";

const refusedKeys: readonly string[] = [
  ...["", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/..", "a/../b", "a/./b", ".a", "a/.b"],
  ...["a b", "a\\b", "a\0b", "a\nb", "a:b", "a~b", "a%b", "\u00e4", "\ud800", "a".repeat(181)],
  "a/".repeat(512).concat("a"),
];
const refusedPrefixes: readonly string[] = ["/", "/a", "a//", "../", "a/../", ".", "a/.", "a b"];

const isRefused = { name: "ShaleError", code: "KEY_INVALID" };

export const keyCases: ConformanceChecks = {
  "refuses keys that could leave the root, hide or be read in two ways": async (store) => {
    for (const key of refusedKeys) {
      await assert.rejects(store.get(key), isRefused, JSON.stringify(key));
      await assert.rejects(store.head(key), isRefused);
      await assert.rejects(store.put(key, bytesOf("x"), { ifAbsent: true }), isRefused);
      await assert.rejects(store.put(key, bytesOf("x"), { always: true }), isRefused);
      await assert.rejects(store.delete(key), isRefused);
    }
    for (const prefix of refusedPrefixes) {
      await assert.rejects(store.list(prefix), isRefused, JSON.stringify(prefix));
    }
    assert.deepEqual(await listKeys(store, ""), []);
  },

  "takes every key of the alphabet, up to the greatest length": async (store) => {
    const longest = `${"a/".repeat(511)}bc`;
    const keys = ["azAZ09_=.-", "-", "=", "_", "a..b", "a".repeat(180), longest];
    for (const key of keys) await createText(store, key, key);
    for (const key of keys) assert.equal(await readText(store, key), key);
    assert.deepEqual(await listKeys(store, ""), [...keys].sort());
  },
};
