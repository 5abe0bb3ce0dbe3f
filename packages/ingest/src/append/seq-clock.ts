import { invariant, seq, seqFloorOf } from "@shale/model";

/**
 * Hands out the seqs of one process, across all ordinals it writes under (protocol, "seq of a
 * row"): strictly rising whatever the clock does, and above every seq it was told of.
 */
export interface SeqClock {
  /** The greatest seq handed out or seen; 0 before the first. */
  readonly last: number;
  /** The first of `rowCount` consecutive seqs. */
  next(rowCount: number, nowMs: number): number;
  /** Later seqs are above `seen`. */
  raise(seen: number): void;
}

export function createSeqClock(): SeqClock {
  let last = 0;
  return {
    get last() {
      return last;
    },
    next(rowCount, nowMs) {
      invariant(rowCount >= 1, `seqs are for one row or more: ${rowCount}`);
      const first = Math.max(last + 1, seqFloorOf(nowMs));
      last = seq(first + rowCount - 1);
      return first;
    },
    raise(seen) {
      if (seen > last) last = seq(seen);
    },
  };
}

/** first, first + 1, … as a column. */
export function seqColumnOf(first: number, rowCount: number): Float64Array {
  const seqs = new Float64Array(rowCount);
  for (let row = 0; row < rowCount; row++) seqs[row] = first + row;
  return seqs;
}
