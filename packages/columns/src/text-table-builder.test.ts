import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { textAt } from "./text-table.ts";
import { createTextTableBuilder } from "./text-table-builder.ts";

const anyText = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.string({ maxLength: 400 }),
);

describe("createTextTableBuilder()", () => {
  test("gives each distinct text one index, in order of first appearance", () => {
    fc.assert(
      fc.property(
        fc.array(anyText, { maxLength: 120 }),
        fc.infiniteStream(fc.boolean()),
        (texts, asBytes) => {
          const builder = createTextTableBuilder();
          const indexes = texts.map((text) =>
            asBytes.next().value
              ? builder.internBytes(new TextEncoder().encode(text))
              : builder.intern(text),
          );
          const distinct = [...new Set(texts)];
          const table = builder.build();
          expect(indexes).toEqual(texts.map((text) => distinct.indexOf(text)));
          expect(table.count).toBe(distinct.length);
          expect(builder.byteLength).toBe(table.bytes.length);
          expect(distinct.map((_, index) => textAt(table, index))).toEqual(distinct);
        },
      ),
    );
  });

  test("keeps a lone surrogate as U+FFFD, as one text", () => {
    const builder = createTextTableBuilder();
    expect([
      builder.intern("a\ud800"),
      builder.intern("a\udc00"),
      builder.intern("a\ufffd"),
    ]).toEqual([0, 0, 0]);
    expect(textAt(builder.build(), 0)).toBe("a\ufffd");
  });

  test("a built table does not change when the builder goes on", () => {
    const builder = createTextTableBuilder();
    builder.intern("one");
    const table = builder.build();
    for (let index = 0; index < 500; index++) builder.intern(`more ${index}`);
    expect([table.count, table.bytes.length, textAt(table, 0)]).toEqual([1, 3, "one"]);
    expect(textAt(builder.build(), 500)).toBe("more 499");
  });

  test("grows for long texts of every width", () => {
    const builder = createTextTableBuilder();
    const long = ["x", "é", "用", "😀"].map((unit) => unit.repeat(100_000));
    for (const text of long) builder.intern(text);
    const table = builder.build();
    expect(long.map((_, index) => textAt(table, index))).toEqual(long);
  });
});
