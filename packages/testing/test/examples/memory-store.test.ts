import { memoryStore } from "shale/testing";
import { expect, test } from "vitest";

test("a key is created once", async () => {
  const store = memoryStore();
  const bytes = new Uint8Array([1, 2, 3]);
  expect((await store.put("a/1", bytes, { ifAbsent: true })).written).toBe(true);
  expect((await store.put("a/1", bytes, { ifAbsent: true })).written).toBe(false);
});
