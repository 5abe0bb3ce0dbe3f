import { readFileSync } from "node:fs";
import { loadUserHasher } from "@shale/columns";
import { shardOf } from "@shale/model";
import fc from "fast-check";
import { expect, test } from "vitest";
import { secondShardOf, xxhash64 } from "./xxhash64.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const hexOf = (text: string) => xxhash64(bytesOf(text)).toString(16).padStart(16, "0");

interface Vector {
  readonly text: string;
  readonly hash: string;
  readonly mod7: number;
  readonly mod65536: number;
}

test("xxhash64() gives the published values", () => {
  expect(hexOf("")).toBe("ef46db3751d8e999");
  expect(hexOf("a")).toBe("d24ec4f1a98c6e5b");
  expect(hexOf("abc")).toBe("44bc2cf5ad770999");
  const long = "Call me Ishmael. Some years ago--never mind how long precisely-";
  expect(hexOf(long)).toBe("02a2e85470d6fd96");
});

test("xxhash64() and its remainders agree with the golden vectors of the store's hash", () => {
  const path = new URL("../../../../columns/fixtures/xxh64.json", import.meta.url);
  const vectors: readonly Vector[] = JSON.parse(readFileSync(path, "utf8"));
  expect(vectors.length).toBeGreaterThan(70);
  for (const { text, hash, mod7, mod65536 } of vectors) {
    expect(hexOf(text), JSON.stringify(text)).toBe(hash);
    expect([secondShardOf(text, 7), secondShardOf(bytesOf(text), 65_536)]).toEqual([
      mod7,
      mod65536,
    ]);
  }
});

test("xxhash64() places every user where the store does", async () => {
  const hasher = await loadUserHasher();
  fc.assert(
    fc.property(
      fc.string({ unit: "binary" }),
      fc.integer({ min: 1, max: 65_536 }),
      (user, shards) => {
        hasher.hash(bytesOf(user));
        expect(secondShardOf(user, shards)).toBe(shardOf(hasher.high, hasher.low, shards));
      },
    ),
  );
});
