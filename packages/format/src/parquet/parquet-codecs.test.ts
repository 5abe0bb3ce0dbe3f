import { textAt } from "@shale/columns";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { tableOf } from "../../../columns/test/batch-of.ts";
import { encodeCut } from "../day-file/chunks/file-chunks.ts";
import { createScratch, presentCodes } from "../day-file/chunks/present-slots.ts";
import { readChunk } from "./chunk-reader.ts";
import { writeChunk } from "./chunk-writer.ts";
import { decodeDeltas, encodeDeltas } from "./delta-packed.ts";
import { codeWidthFor, decodeCodes, encodeCodes, encodeLevels } from "./hybrid-runs.ts";
import { physicalTypes } from "./parquet-codes.ts";
import { fieldReader, readThriftStruct } from "./thrift-reader.ts";
import { createThriftWriter } from "./thrift-writer.ts";

/** Numbers of all sizes, near each other or far apart. */
const wholes = fc.integer({ min: 0, max: 53 }).chain((bits) =>
  fc.array(
    fc.maxSafeNat().map((n) => n % 2 ** bits),
    { minLength: 1, maxLength: 500 },
  ),
);

describe("DELTA_BINARY_PACKED", () => {
  test("gives numbers back exactly, or says that it cannot", () => {
    fc.assert(
      fc.property(wholes, fc.constantFrom(1, 1000), (given, scale) => {
        const values = Float64Array.from(given, (n) => (scale === 1 ? n : n % 86_400_000));
        const first = BigInt(values[0]!) * BigInt(scale);
        const bytes = encodeDeltas({ values, count: values.length, first, scale });
        if (bytes === undefined) {
          expect(Math.max(...values) - Math.min(...values)).toBeGreaterThan(2 ** 51);
          return;
        }
        const decoded = new Float64Array(values.length);
        const where = { at: 0, countMax: values.length, source: "k" };
        const { first: back, count, end } = decodeDeltas(bytes, 0, decoded, where);
        expect([back, count, end]).toEqual([first, values.length, bytes.length]);
        const wanted = Array.from(values, (n) => (n - values[0]!) * scale);
        expect([...decoded]).toEqual(wanted);
      }),
      { numRuns: 500 },
    );
  });
});

describe("the hybrid of runs", () => {
  test("gives codes back at every width, repeated or not", () => {
    const codes = fc
      .tuple(
        fc.constantFrom(1, 2, 256, 257, 65_536, 65_537, 2 ** 24),
        fc.integer({ min: 1, max: 9 }),
      )
      .chain(([count, repeat]) =>
        fc.record({
          count: fc.constant(count),
          codes: fc
            .array(fc.nat(count - 1), { minLength: 1, maxLength: 300 })
            .map((drawn) =>
              Uint32Array.from(drawn.flatMap((code) => new Array(repeat).fill(code))),
            ),
        }),
      );
    fc.assert(
      fc.property(codes, ({ count, codes: given }) => {
        const width = codeWidthFor(count);
        const bytes = new Uint8Array(Buffer.concat(encodeCodes(given, given.length, width)));
        const decoded = new Uint32Array(given.length);
        const range = { start: 0, end: bytes.length, width };
        decodeCodes(bytes, range, decoded, { at: 0, count: given.length, source: "k" });
        expect(decoded).toEqual(given);
      }),
    );
  });

  test("gives levels back", () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 200 }), (given) => {
        const bits = new Uint8Array(Math.ceil(given.length / 8));
        given.forEach((one, i) => {
          if (one) bits[i >> 3]! |= 1 << (i & 7);
        });
        const bytes = encodeLevels(given.every(Boolean) ? undefined : bits, given.length);
        const decoded = new Uint8Array(given.length);
        const range = { start: 4, end: bytes.length, width: 1 };
        decodeCodes(bytes, range, decoded, { at: 0, count: given.length, source: "k" });
        expect([...decoded]).toEqual(given.map(Number));
      }),
    );
  });
});

describe("the Thrift compact protocol", () => {
  test("gives the fields of a struct back", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -(2 ** 51), max: 2 ** 51 }),
        fc.uint8Array({ maxLength: 40 }),
        fc.array(fc.string({ unit: "grapheme" }), { maxLength: 40 }),
        fc.boolean(),
        (whole, bytes, texts, truth) => {
          const writer = createThriftWriter();
          writer.i64(1, whole);
          writer.bool(2, truth);
          writer.binary(30, bytes);
          writer.structs(31, texts, (text) => writer.text(4, text));
          writer.texts(900, texts);
          const written = writer.finished();
          const { struct, end } = readThriftStruct(written, 0, "k");
          const read = fieldReader("k");
          expect(end).toBe(written.length);
          expect(read.whole(struct, 1)).toBe(whole);
          expect(read.truth(struct, 2, !truth)).toBe(truth);
          expect(read.bytes(struct, 30)).toEqual(bytes);
          expect(read.structs(struct, 31).map((one) => read.text(one, 4))).toEqual(texts);
          expect(read.texts(struct, 900)).toEqual(texts);
        },
      ),
    );
  });
});

describe("a chunk of texts that are too many bytes for a page", () => {
  test("is cut into pages that are read as one", () => {
    const texts = Array.from({ length: 50 }, (_one, i) => `text ${i} `.repeat(i % 7));
    const rowCount = 200;
    const slots = Uint32Array.from({ length: rowCount }, (_one, i) =>
      i % 3 === 0 ? 0 : 1 + (i % 50),
    );
    const table = tableOf(texts);
    const scratch = createScratch(rowCount, 50);
    const content = encodeCut(
      { start: 0, end: rowCount },
      300,
      (part) => {
        const present = presentCodes({ rows: undefined, slots }, part, scratch);
        return { present, table, base: 1, form: "direct", extent: "wanted" };
      },
      scratch,
    );
    expect(content.pages.length).toBeGreaterThan(10);
    const { parts, chunk } = writeChunk(content, 4, undefined);
    const column = {
      name: "t",
      type: physicalTypes.byteArray,
      optional: true,
      meaning: "string",
    } as const;
    const read = readChunk(new Uint8Array(Buffer.concat(parts)), chunk, column, "k");
    if (read.values.kind !== "texts") throw new Error("not texts");
    const { table: found, codes } = read.values;
    let value = 0;
    const shown = Array.from(slots, (_slot, row) => {
      if (read.present![row] === 0) return undefined;
      const at = value++;
      return textAt(found, codes === undefined ? at : codes[at]!);
    });
    expect(shown).toEqual(Array.from(slots, (slot) => (slot === 0 ? undefined : texts[slot - 1])));
  });
});
