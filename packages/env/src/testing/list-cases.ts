import assert from "node:assert/strict";
import type { ObjectStore } from "../object-store.ts";
import { LIST_LIMIT } from "../object-store.ts";
import type { ConformanceChecks } from "./conformance-check.ts";
import { createText, listKeys } from "./conformance-check.ts";

/** In byte order of the whole key: - is 2d, . is 2e, / is 2f, 0 is 30, = is 3d, _ is 5f. */
const ordered: readonly string[] = [
  "A/z",
  "a-b",
  "a-b-c",
  "a.b",
  "a/-",
  "a/b-c",
  "a/b/c-/x",
  "a/b/c/1",
  "a/b/c/10",
  "a/b/c/2",
  "a/b/c0",
  "a/b0",
  "a/c",
  "a0",
  "a=b",
  "a_b",
  "aa/b",
  "ab",
];

const prefixes: readonly string[] = [
  ...["", "A", "a", "a-", "a-b", "a-b-", "a/", "a/b", "a/b/", "a/b/c", "a/b/c/", "a/b/c/1"],
  ...["a/b/c/2", "a/b/c/3", "a/d", "aa", "aa/", "b", "b/c/d", "a/b/x/y/"],
];

/** Every name, and texts that sort between names, before and behind all of them. */
const afters: readonly (string | undefined)[] = [
  ...[undefined, "", ...ordered, "a", "a/", "a/b", "a/b/", "a/b/c", "a/b/c/", "a/b/c/1/", "a/~"],
  ...["a0/", "b", "~", "0"],
];

async function fill(store: ObjectStore, keys: readonly string[]): Promise<void> {
  for (let start = 0; start < keys.length; start += 50) {
    const batch = keys.slice(start, start + 50);
    await Promise.all(batch.map((key) => createText(store, key, key)));
  }
}

export const listCases: ConformanceChecks = {
  "lists in the byte order of whole keys": async (store) => {
    await fill(store, [...ordered].reverse());
    assert.deepEqual(await listKeys(store, ""), ordered);
  },

  "lists the keys with a prefix that sort after a text": async (store) => {
    await fill(store, ordered);
    for (const prefix of prefixes) {
      for (const after of afters) {
        const page = await store.list(prefix, { after });
        const expected = ordered.filter(
          (key) => key.startsWith(prefix) && (after === undefined || key > after),
        );
        const asked = `prefix ${JSON.stringify(prefix)} after ${JSON.stringify(after)}`;
        assert.deepEqual(
          page.entries.map(({ key }) => key),
          expected,
          asked,
        );
        assert.equal(page.truncated, false, asked);
      }
    }
  },

  "lists the same in pages of every size, split at every name": async (store) => {
    await fill(store, ordered);
    for (let limit = 1; limit <= ordered.length + 1; limit++) {
      for (let start = 0; start <= ordered.length; start++) {
        const page = await store.list("", { after: ordered[start - 1], limit });
        const expected = ordered.slice(start, start + limit);
        const asked = `${limit} after ${ordered[start - 1]}`;
        assert.deepEqual(
          page.entries.map(({ key }) => key),
          expected,
          asked,
        );
        if (start + limit < ordered.length) assert.equal(page.truncated, true, asked);
      }
      const walked: string[] = [];
      for (let page = await store.list("", { limit }); ; ) {
        for (const { key } of page.entries) walked.push(key);
        const after = walked.at(-1);
        if (!page.truncated || after === undefined) break;
        page = await store.list("", { after, limit });
      }
      assert.deepEqual(walked, ordered, `pages of ${limit}`);
    }
  },

  "puts no more than 1,000 entries on a page": async (store) => {
    const keys = Array.from(
      { length: LIST_LIMIT + 1 },
      (_, i) => `p/${String(i).padStart(6, "0")}`,
    );
    await fill(store, keys);
    const page = await store.list("p/");
    assert.equal(page.entries.length, LIST_LIMIT);
    assert.equal(page.truncated, true);
    assert.equal((await store.list("p/", { limit: LIST_LIMIT + 1 })).entries.length, LIST_LIMIT);
    assert.deepEqual(await listKeys(store, ""), keys);
  },

  "lists what stands throughout, while other objects come and go": async (store) => {
    const standing = Array.from({ length: 20 }, (_, i) => `d/${i + 10}-stays`);
    await fill(store, standing);
    let running = true;
    async function churn(): Promise<void> {
      for (let round = 0; running; round++) {
        await createText(store, `d/${round % 90}-goes`, "x");
        await createText(store, `d/${round % 90}/deep`, "x");
        await store.delete(`d/${round % 90}-goes`);
        await store.delete(`d/${round % 90}/deep`);
      }
    }
    const churning = churn();
    try {
      for (let round = 0; round < 30; round++) {
        const keys = await listKeys(store, "d/");
        assert.deepEqual([...keys].sort(), keys);
        assert.deepEqual(
          keys.filter((key) => key.endsWith("stays")),
          standing,
        );
      }
    } finally {
      running = false;
      await churning;
    }
  },
};
