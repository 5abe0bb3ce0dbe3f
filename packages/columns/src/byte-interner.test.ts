import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { tableOf } from "../test/batch-of.ts";
import { createByteInterner } from "./byte-interner.ts";
import { textAt } from "./text-table.ts";

const texts = fc.array(
  fc.oneof(fc.constantFrom("", "a", "b", "ab", "abcd", "abcde"), fc.string({ unit: "grapheme" })),
  { maxLength: 200 },
);

describe("createByteInterner()", () => {
  test("numbers distinct texts in order of first appearance, whatever their hashes", () => {
    const hashOf = fc.constantFrom(
      undefined,
      () => 0,
      (text: string) => text.length,
      (text: string) => (text.length << 16) >>> 0,
    );
    fc.assert(
      fc.property(texts, hashOf, (list, hash) => {
        const table = tableOf(list);
        const interner = createByteInterner();
        const distinct = [...new Set(list)];
        list.forEach((text, index) => {
          const code =
            hash === undefined
              ? interner.intern(table, index)
              : interner.internHashed(table, index, hash(text));
          expect(code).toBe(distinct.indexOf(text));
        });
        expect(interner.count).toBe(distinct.length);
        expect(interner.build()).toEqual(tableOf(distinct));
        expect(interner.byteLength).toBe(interner.build().bytes.length);
      }),
    );
  });

  test("grows past a hundred thousand texts, and a table once built stays as it was", () => {
    const interner = createByteInterner();
    const list = Array.from(
      { length: 120_000 },
      (_, index) => `user-${index}-${"x".repeat(index % 70)}`,
    );
    const table = tableOf(list);
    const early = { count: 0, table: interner.build() };
    for (let index = 0; index < list.length; index++) {
      if (index === 1000) early.table = interner.build();
      interner.intern(table, index);
    }
    for (let index = 0; index < list.length; index++) {
      if (interner.intern(table, index) !== index) throw new Error(`text ${index} moved`);
    }
    const built = interner.build();
    expect(built.count).toBe(table.count);
    expect(Buffer.compare(built.bytes, table.bytes)).toBe(0);
    expect(
      Buffer.compare(Buffer.from(built.offsets.buffer), Buffer.from(table.offsets.buffer)),
    ).toBe(0);
    expect(early.table.count).toBe(1000);
    expect(textAt(early.table, 999)).toBe(list[999]);
  });
});
