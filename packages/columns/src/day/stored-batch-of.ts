import type { LoggedBatch } from "../event-batch.ts";
import type { StoredBatch } from "../stored-batch.ts";

/**
 * The rows of one log as rows of several; arrays and dictionaries are shared.
 *
 * @param generationOf The number of cuts below a seq: it never falls as the seq rises.
 */
export function storedBatchOf(
  batch: LoggedBatch,
  generationOf: (seq: number) => number,
): StoredBatch {
  const { writer, ...rest } = batch;
  const generations = new Uint32Array(batch.rowCount);
  fillRising(generations, 0, batch.rowCount, (row) => generationOf(batch.seqs[row] ?? 0));
  return { ...rest, writers: new Float64Array(batch.rowCount).fill(writer), generations };
}

/** Fills [start, end) with a function that never falls, asking as often as it rises, about. */
function fillRising(
  target: Uint32Array,
  start: number,
  end: number,
  generationAt: (row: number) => number,
): void {
  if (start >= end) return;
  const first = generationAt(start);
  if (first === generationAt(end - 1)) {
    target.fill(first, start, end);
    return;
  }
  const middle = (start + end) >>> 1;
  fillRising(target, start, middle, generationAt);
  fillRising(target, middle, end, generationAt);
}
