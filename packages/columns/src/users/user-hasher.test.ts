import { readFileSync } from "node:fs";
import { shardOf } from "@shale/model";
import { beforeAll, describe, expect, test } from "vitest";
import { loadUserHasher, type UserHasher } from "./user-hasher.ts";

interface Vector {
  readonly text: string;
  readonly hash: string;
  readonly mod7: number;
  readonly mod8: number;
  readonly mod65536: number;
}
const vectors: readonly Vector[] = JSON.parse(
  readFileSync(new URL("../../fixtures/xxh64.json", import.meta.url), "utf8"),
);

describe("loadUserHasher()", () => {
  let hasher: UserHasher;
  beforeAll(async () => {
    hasher = await loadUserHasher();
  });
  const hexOf = () =>
    hasher.high.toString(16).padStart(8, "0") + hasher.low.toString(16).padStart(8, "0");

  test("agrees with an independent xxHash64 on every golden vector", () => {
    expect(vectors.length).toBeGreaterThan(70);
    for (const { text, hash } of vectors) {
      hasher.hash(new TextEncoder().encode(text));
      expect(hexOf(), JSON.stringify(text)).toBe(hash);
      hasher.hashText(text);
      expect(hexOf(), JSON.stringify(text)).toBe(hash);
    }
  });

  test("places users on the shards that an independent remainder gives", () => {
    for (const { text, mod7, mod8, mod65536 } of vectors) {
      hasher.hashText(text);
      const { high, low } = hasher;
      const shards = [7, 8, 65_536].map((count) => shardOf(high, low, count));
      expect(shards, JSON.stringify(text)).toEqual([mod7, mod8, mod65536]);
      expect(shardOf(high, low, 1)).toBe(0);
    }
  });

  test("hashes a view at any offset of a larger buffer", () => {
    const bytes = new TextEncoder().encode(`..${vectors[40]?.text}..`);
    hasher.hash(bytes.subarray(2, bytes.length - 2));
    expect(hexOf()).toBe(vectors[40]?.hash);
  });
});
