import fc from "fast-check";
import { arbitraryBatch } from "../../columns/test/arbitrary-batch.ts";
import type { StoredRow } from "./stored-batch-of.ts";

const DAY_MS = 86_400_000;

/** Rows of one day, one at least, in any order, each with its place in a log. */
export const storedRows: fc.Arbitrary<readonly StoredRow[]> = fc
  .tuple(arbitraryBatch({ rowCountMax: 60 }), fc.array(fc.nat(3), { minLength: 1, maxLength: 9 }))
  .filter(([{ rows }]) => rows.length > 0)
  .map(([{ rows, batch }, marks]) =>
    rows.map((row, index) => ({
      ...row,
      timeMs: (row.timeMs % DAY_MS) + 20_000 * DAY_MS,
      seq: batch.seqs[index] ?? 0,
      writer: 1 + (marks[index % marks.length] ?? 0),
      generation: marks[(index + 1) % marks.length] ?? 0,
    })),
  );
