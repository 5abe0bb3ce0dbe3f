import type { LoggedBatch } from "@shale/columns";
import { selectRows } from "@shale/columns";

/** A range of one writer's rows: above < seq <= upTo. */
export interface SeqRange {
  readonly above: number;
  readonly upTo: number;
}

/** The rows of the batch in the range: the batch itself, a part of it, or undefined for none. */
export function rowsIn(batch: LoggedBatch, { above, upTo }: SeqRange): LoggedBatch | undefined {
  // Seqs rise strictly, so that the rows wanted stand side by side.
  const start = countUpTo(batch.seqs, above);
  const end = countUpTo(batch.seqs, upTo);
  if (start >= end) return undefined;
  if (start === 0 && end === batch.rowCount) return batch;
  return selectRows(
    batch,
    Uint32Array.from({ length: end - start }, (_, i) => start + i),
  );
}

/** How many of the ascending seqs are at most `limit`. */
function countUpTo(seqs: Float64Array, limit: number): number {
  let [low, high] = [0, seqs.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((seqs[middle] ?? 0) <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
