import { createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { tableOf } from "../../test/batch-of.ts";
import { arbitraryRows, storedOf } from "../../test/stored-rows.ts";
import { createTombstoneFilter, hiddenRows, tombstoneHash } from "./tombstone-filter.ts";

const KEY = "000102030405060708090a0b0c0d0e0f";

function platformHash(keyHex: string, bytes: Uint8Array): string {
  const hmac = createHmac("sha256", Buffer.from(keyHex, "hex")).update(bytes);
  return hmac.digest("hex").slice(0, 32);
}
const hashOf = (user: string) => platformHash(KEY, Buffer.from(user));

describe("tombstoneHash()", () => {
  test("is the platform's HMAC-SHA-256, cut to 128 bits, for every length", () => {
    for (let length = 0; length <= 300; length++) {
      const bytes = Uint8Array.from({ length }, (_, index) => (index * 131 + length) & 0xff);
      expect(tombstoneHash(KEY, bytes), String(length)).toBe(platformHash(KEY, bytes));
    }
    const key = fc.uint8Array({ minLength: 16, maxLength: 64 });
    fc.assert(
      fc.property(key, fc.uint8Array({ maxLength: 200 }), (keyBytes, bytes) => {
        const keyHex = Buffer.from(keyBytes).toString("hex");
        expect(tombstoneHash(keyHex, bytes)).toBe(platformHash(keyHex, bytes));
      }),
    );
  });

  test("keeps the hash of a known user for ever", () => {
    expect(tombstoneHash(KEY, Buffer.from("user-1"))).toBe("e54d1787216a88cfa4efd426d19e3dd9");
  });

  test("refuses a key that is short, long or not hex", () => {
    for (const key of ["", "00", KEY.slice(2), KEY.toUpperCase(), `${KEY}0`, "00".repeat(65)]) {
      expect(() => tombstoneHash(key, new Uint8Array(0)), key).toThrow(/key of tombstones/);
    }
  });
});

describe("createTombstoneFilter()", () => {
  test("gives the greatest hidden seq of each user, 0 for others", () => {
    const own = hashOf("a");
    const almost = own.slice(0, 31) + (own.endsWith("0") ? "1" : "0");
    const filter = createTombstoneFilter(KEY, [
      { number: 4, userHash: hashOf("b"), seq: 70 },
      { number: 9, userHash: hashOf("b"), seq: 90 },
      { number: 7, userHash: hashOf("b"), seq: 80 },
      { number: 5, userHash: hashOf("Ω".repeat(50)), seq: 5 },
      { number: 6, userHash: hashOf("not here"), seq: 6 },
      { number: 8, userHash: almost, seq: 8 },
    ]);
    const ids = tableOf(["", "a", "b", "Ω".repeat(50), "bb"]);
    expect([...filter.limitsOf(ids)!]).toEqual([0, 0, 90, 5, 0]);
    expect(filter.limitsOf(ids)).toBe(filter.limitsOf(ids));
    expect(filter.limitsOf(tableOf(["c", "d"]))).toBeUndefined();
    expect(filter.highestNumber).toBe(9);
  });

  test("hides nothing where there is no tombstone", () => {
    const filter = createTombstoneFilter(KEY, []);
    expect(filter.limitsOf(tableOf(["a"]))).toBeUndefined();
    expect(filter.highestNumber).toBe(0);
  });

  test("refuses a hash that is none", () => {
    const tombstone = { number: 1, userHash: "00", seq: 1 };
    expect(() => createTombstoneFilter(KEY, [tombstone])).toThrow(/32 hex digits/);
  });
});

describe("hiddenRows()", () => {
  test("marks the rows of users under tombstones up to the seq, and no other", () => {
    const tombstone = fc.record({
      user: fc.constantFrom("u1", "u2", "", "nobody"),
      seq: fc.integer({ min: 1, max: 120 }),
    });
    fc.assert(
      fc.property(arbitraryRows(), fc.array(tombstone, { maxLength: 4 }), (rows, all) => {
        const tombstones = all.map(({ user, seq }, index) => ({
          number: index + 1,
          userHash: hashOf(user),
          seq,
        }));
        const batch = storedOf(rows);
        const limits = createTombstoneFilter(KEY, tombstones).limitsOf(batch.users.ids);
        const expected = rows.map((row) =>
          all.some(({ user, seq }) => user === row.user_id && row.seq <= seq) ? 1 : 0,
        );
        const found = hiddenRows(batch, limits);
        if (expected.includes(1)) expect([...found!]).toEqual(expected);
        else expect(found).toBeUndefined();
      }),
    );
  });
});
