import { expect, test } from "vitest";
import { memoryStore } from "../memory/memory-store.ts";
import type { ObjectStore } from "../object-store.ts";
import { objectStoreCases, objectStoreConformance } from "./object-store-conformance.ts";

test("every case is registered once, by the store's name and the rule", () => {
  const names: string[] = [];
  objectStoreConformance("myStore", memoryStore, (name) => names.push(name));
  expect(names).toEqual(objectStoreCases(memoryStore).map(({ name }) => `myStore ${name}`));
  expect(new Set(names).size).toBe(names.length);
  expect(() => objectStoreConformance("myStore", memoryStore)).toThrow("test function");
});

/** A fault of a store, and a rule that it breaks. */
const faults: Readonly<Record<string, (store: ObjectStore) => Partial<ObjectStore>>> = {
  "lets one of 20 racing creators win": (store) => ({
    put: (key, bytes) => store.put(key, bytes, { always: true }),
  }),
  "replaces an object only from the version that stands": (store) => ({
    put: (key, bytes, condition) =>
      store.put(key, bytes, "ifVersion" in condition ? { always: true } : condition),
  }),
  "gives another version to a key that was deleted and made again": (store) => ({
    put: async (key, bytes, condition) => {
      const outcome = await store.put(key, bytes, condition);
      return outcome.written ? { written: true, version: `size ${bytes.length}` } : outcome;
    },
  }),
  "leaves alone what is deleted by another version": (store) => ({
    delete: (key) => store.delete(key),
  }),
  "lists in the byte order of whole keys": (store) => ({
    list: async (prefix, options) => {
      const { entries, truncated } = await store.list(prefix, options);
      const bySegment = (key: string): string => key.replaceAll("/", "\0");
      const sorted = [...entries].sort((a, b) => (bySegment(a.key) < bySegment(b.key) ? -1 : 1));
      return { entries: sorted, truncated };
    },
  }),
  "lists the same in pages of every size, split at every name": (store) => ({
    list: async (prefix, options) => ({
      ...(await store.list(prefix, options)),
      truncated: false,
    }),
  }),
  "neither lends its bytes nor borrows the caller's": (store) => {
    const lent = new Map<string, Awaited<ReturnType<ObjectStore["get"]>>>();
    return {
      get: async (key, options) => {
        const object = lent.get(key) ?? (await store.get(key, options));
        if (options?.range === undefined) lent.set(key, object);
        return object;
      },
    };
  },
};

for (const [rule, breakStore] of Object.entries(faults)) {
  test(`a store with a fault fails the case: ${rule}`, async () => {
    const cases = objectStoreCases(() => {
      const whole = memoryStore();
      return { ...whole, ...breakStore(whole) };
    });
    const broken = cases.find(({ name }) => name === rule);
    await expect(broken?.run()).rejects.toMatchObject({ code: "ERR_ASSERTION" });
  });
}
