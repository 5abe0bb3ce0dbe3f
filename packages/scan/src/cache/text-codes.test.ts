import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { tableOf } from "../../../columns/test/batch-of.ts";
import { createGrowingTexts } from "./text-codes.ts";

describe("createGrowingTexts()", () => {
  it("finds each text by its code and each code by its text while it grows", () => {
    const text = fc.oneof(fc.constantFrom("", "a", "ä", "\u{1f600}"), fc.string());
    fc.assert(
      fc.property(fc.array(fc.array(text, { maxLength: 5 }), { maxLength: 5 }), (tables) => {
        const texts = createGrowingTexts();
        const plain: string[] = [];
        for (const added of tables) {
          const table = tableOf(added.map((one) => one.toWellFormed()));
          for (const one of plain) expect(texts.codeOf(one)).toBe(plain.indexOf(one));
          const missing = added.map((one) => one.toWellFormed());
          for (const one of missing) expect(texts.codeOf(one)).toBe(plain.indexOf(one));
          for (const [index, one] of missing.entries()) {
            if (!plain.includes(one)) plain.push(one);
            expect(texts.interner.intern(table, index)).toBe(plain.indexOf(one));
          }
        }
        expect(texts.count).toBe(plain.length);
        for (const [code, one] of plain.entries()) {
          expect(texts.textAt(code)).toBe(one);
          expect(new TextDecoder().decode(texts.bytesAt(code))).toBe(one);
          expect(texts.codeOf(one)).toBe(code);
        }
        expect(texts.codeOf("not there")).toBe(plain.indexOf("not there"));
      }),
    );
  });
});
