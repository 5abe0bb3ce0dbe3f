import fc from "fast-check";
import type { LoggedBatch } from "../src/index.ts";
import { batchOf, type Row } from "./batch-of.ts";

const text = fc.oneof(
  fc.constantFrom("", "a", "view", "Ωμέγα", "𝄞", "__proto__", "\u0000"),
  fc.string({ unit: "grapheme", maxLength: 12 }),
  fc.integer({ min: 0, max: 400 }).map((length) => "x".repeat(length)),
);
const number = fc
  .double({ noNaN: true, noDefaultInfinity: true })
  .map((value) => (value === 0 ? 0 : value));
const scalar = fc.oneof(text, fc.boolean(), number, fc.constant(null));
const value = fc.oneof(text, fc.boolean(), number, fc.array(scalar, { maxLength: 3 }));
const propertyName = fc.oneof(fc.constantFrom("a", "b", "c", "__proto__", "toString", ""), text);
const timeMs = fc.oneof(
  fc.integer({ min: 1_700_000_000_000, max: 1_700_000_100_000 }),
  fc.integer({ min: 0, max: 2_000_000_000_000 }),
);

const row: fc.Arbitrary<Row> = fc.record({
  event: fc.oneof(fc.constantFrom("view", "buy"), text),
  user_id: fc.oneof(fc.constantFrom("u1", "u2", "u3", ""), text),
  timeMs,
  insert_id: fc.option(fc.oneof(fc.constantFrom("~1-7", "i1"), text), { nil: undefined }),
  properties: fc
    .array(fc.tuple(propertyName, value), { maxLength: 4 })
    .map((entries) => Object.fromEntries(entries)),
});

export interface ArbitraryBatch {
  readonly rows: readonly Row[];
  readonly batch: LoggedBatch;
}

/** Batches with the rows they were made of; seqs start above `afterSeq` and have gaps. */
export function arbitraryBatch(
  options: { rowCountMax?: number; writer?: number; afterSeq?: number } = {},
): fc.Arbitrary<ArbitraryBatch> {
  const { rowCountMax = 40, writer = 3, afterSeq = 0 } = options;
  const gap = fc.oneof({ weight: 8, arbitrary: fc.constant(1) }, fc.integer({ min: 2, max: 1e12 }));
  return fc
    .array(fc.tuple(row, gap), { maxLength: rowCountMax })
    .chain((pairs) =>
      fc.record({
        pairs: fc.constant(pairs),
        sparse: fc.array(fc.boolean(), { minLength: 1, maxLength: 7 }),
        unused: fc.array(fc.constantFrom("u1", "view", "none"), { maxLength: 2 }),
      }),
    )
    .map(({ pairs, sparse, unused }) => {
      let seq = afterSeq;
      const rows = pairs.map(([one]) => one);
      const seqs = pairs.map(([, step]) => {
        seq += step;
        return seq;
      });
      const isSparse = (key: string) => sparse[key.length % sparse.length] ?? false;
      return { rows, batch: batchOf(rows, { writer, seqs, isSparse, unused }) };
    });
}
