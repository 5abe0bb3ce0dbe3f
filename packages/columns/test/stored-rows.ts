import fc from "fast-check";
import { eventAt } from "../src/event-at.ts";
import type { StoredBatch } from "../src/index.ts";
import { type BatchShape, batchOf, type Row } from "./batch-of.ts";

/** One row of a day file in the plainest form. */
export interface StoredRow extends Row {
  readonly seq: number;
  readonly writer: number;
  readonly generation: number;
}

/** Builds a stored batch one row at a time, sharing no code with what is tested. */
export function storedOf(
  rows: readonly StoredRow[],
  shape: Partial<Pick<BatchShape, "isSparse" | "unused">> = {},
): StoredBatch {
  const { writer: _writer, ...batch } = batchOf(rows, {
    ...shape,
    seqs: rows.map(({ seq }) => seq),
  });
  return {
    ...batch,
    writers: Float64Array.from(rows, ({ writer }) => writer),
    generations: Uint32Array.from(rows, ({ generation }) => generation),
  };
}

export function rowsOf(batch: StoredBatch): StoredRow[] {
  return Array.from({ length: batch.rowCount }, (_, row) => ({
    ...eventAt(batch, row),
    seq: batch.seqs[row]!,
    writer: batch.writers[row]!,
    generation: batch.generations[row]!,
  }));
}

const DAY_START = 1_767_225_600_000;
const text = fc.oneof(
  fc.constantFrom("", "a", "b", "ab", "Ω", "𝄞", "～", "__proto__"),
  fc.string({ unit: "grapheme", maxLength: 8 }),
);
const value = fc.oneof(
  fc.constantFrom<string | number | boolean>("1", 1, true, "true", 0, "[]", -1.5),
  text,
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((one) => (one === 0 ? 0 : one)),
  fc.array(fc.oneof(text, fc.boolean(), fc.constant(null)), { maxLength: 2 }),
);

/** Rows of one UTC day, with few users and ids so that many are alike; no two have one place. */
export function arbitraryRows(rowCountMax = 40): fc.Arbitrary<StoredRow[]> {
  const row: fc.Arbitrary<StoredRow> = fc.record({
    event: fc.constantFrom("view", "buy", "", "Ω", "view "),
    user_id: fc.oneof(fc.constantFrom("u1", "u2", "", "u"), text),
    timeMs: fc.integer({ min: 0, max: 3 }).map((ms) => DAY_START + ms),
    insert_id: fc.option(fc.constantFrom("i1", "i2", "~1-9", "~1-10", "~2-9", ""), {
      nil: undefined,
    }),
    properties: fc
      .array(fc.tuple(fc.oneof(fc.constantFrom("a", "b", "c"), text), value), { maxLength: 4 })
      .map((entries) => Object.fromEntries(entries)),
    seq: fc.integer({ min: 1, max: 120 }),
    writer: fc.integer({ min: 1, max: 11 }),
    generation: fc.integer({ min: 0, max: 2 }),
  });
  return fc.uniqueArray(row, {
    maxLength: rowCountMax,
    selector: ({ writer, seq }) => `${writer}-${seq}`,
  });
}

/** The same rows split over several batches, in any order, each in a form of its own. */
export interface SplitRows {
  readonly rows: readonly StoredRow[];
  readonly sources: readonly { readonly batch: StoredBatch; readonly rows: Uint32Array }[];
}

/** Sources hold rows that are not wanted too, and dictionary entries that no row needs. */
export function splitRows(rows: readonly StoredRow[]): fc.Arbitrary<SplitRows> {
  const seat = fc.record({ source: fc.integer({ min: 0, max: 3 }), rank: fc.nat() });
  return fc
    .record({
      seats: fc.array(seat, { minLength: rows.length, maxLength: rows.length }),
      sparse: fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }),
      extras: fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 4, maxLength: 4 }),
    })
    .map(({ seats, sparse, extras }) => {
      const sources = [0, 1, 2, 3].map((source) => {
        const own = rows
          .map((row, index) => ({ row, ...seats[index]! }))
          .filter((one) => one.source === source)
          .sort((left, right) => left.rank - right.rank)
          .map(({ row }) => row);
        const extra = Array.from({ length: extras[source]! }, (_, index) => ({
          ...(rows[index % Math.max(1, rows.length)] ?? plainRow),
          seq: 1000 + 100 * source + index,
        }));
        const batch = storedOf([...extra, ...own], {
          isSparse: (key) => sparse[(key.length + source) % sparse.length] ?? false,
          unused: ["u1", "none"].slice(0, source % 3),
        });
        return { batch, rows: Uint32Array.from(own.keys(), (index) => extra.length + index) };
      });
      return { rows, sources };
    });
}

export const plainRow: StoredRow = {
  event: "view",
  user_id: "u1",
  timeMs: DAY_START,
  insert_id: undefined,
  properties: {},
  seq: 1,
  writer: 1,
  generation: 0,
};
