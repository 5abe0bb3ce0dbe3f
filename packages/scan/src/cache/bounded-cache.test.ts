import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createBoundedCache } from "./bounded-cache.ts";

describe("createBoundedCache()", () => {
  it("lets go of what was not used of late, and never holds more than it may", () => {
    const cache = createBoundedCache<string>(10);
    cache.put("a", "A", 4);
    cache.put("b", "B", 4);
    expect(cache.get("a")).toBe("A");
    cache.put("c", "C", 4);
    expect(["a", "b", "c"].map((key) => cache.get(key))).toEqual(["A", undefined, "C"]);
    cache.put("d", "D", 11);
    expect(cache.get("d")).toBeUndefined();
    expect(cache.byteCount).toBe(8);
    cache.delete("a");
    expect([cache.get("a"), cache.byteCount]).toEqual([undefined, 4]);
  });

  it("counts a key that is put again once", () => {
    const put = fc.record({ key: fc.constantFrom("a", "b", "c", "d"), byteCount: fc.nat(12) });
    fc.assert(
      fc.property(fc.array(put), (puts) => {
        const cache = createBoundedCache<number>(20);
        for (const { key, byteCount } of puts) cache.put(key, byteCount, byteCount);
        const held = ["a", "b", "c", "d"].map((key) => cache.get(key) ?? 0);
        expect(held.reduce((sum, byteCount) => sum + byteCount, 0)).toBe(cache.byteCount);
        expect(cache.byteCount).toBeLessThanOrEqual(20);
      }),
    );
  });
});
