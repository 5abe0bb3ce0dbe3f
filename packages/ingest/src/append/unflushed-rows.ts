import type { LoggedBatch } from "@shale/columns";
import { invariant } from "@shale/model";

/**
 * Rows that this process has accepted and not yet seen confirmed in the tail, in the order of
 * their seqs. Batches are immutable; a batch is one append and leaves as a whole (W6).
 */
export interface UnflushedRows {
  readonly bytes: number;
  readonly rowCount: number;
  /** Seq of the first row, undefined when there is none. */
  readonly firstSeq: number | undefined;
  /** Seq of the last row, undefined when there is none. */
  readonly lastSeq: number | undefined;
  /** `bytes`: what the append was counted with when it was taken from the queue. */
  add(batch: LoggedBatch, bytes: number): void;
  batches(): readonly LoggedBatch[];
  /** Leaves out the rows at or below `seq`. @returns the bytes set free */
  dropThrough(seq: number): number;
  /** The same rows under another ordinal (W4). */
  replace(batches: readonly LoggedBatch[]): void;
}

export function createUnflushedRows(): UnflushedRows {
  let batches: LoggedBatch[] = [];
  const sizes: number[] = [];
  let bytes = 0;
  let rowCount = 0;

  return {
    get bytes() {
      return bytes;
    },
    get rowCount() {
      return rowCount;
    },
    get firstSeq() {
      const first = batches[0];
      return first === undefined ? undefined : firstSeqOf(first);
    },
    get lastSeq() {
      const last = batches.at(-1);
      return last === undefined ? undefined : lastSeqOf(last);
    },
    add(batch, size) {
      const last = batches.at(-1);
      invariant(
        last === undefined || lastSeqOf(last) < firstSeqOf(batch),
        `rows are accepted in the order of their seqs: ${firstSeqOf(batch)}`,
      );
      batches.push(batch);
      sizes.push(size);
      bytes += size;
      rowCount += batch.rowCount;
    },
    batches: () => [...batches],
    dropThrough(seq) {
      let count = 0;
      let freed = 0;
      for (const batch of batches) {
        if (firstSeqOf(batch) > seq) break;
        invariant(lastSeqOf(batch) <= seq, `no tail object ends inside an append: ${seq}`);
        freed += sizes[count] ?? 0;
        rowCount -= batch.rowCount;
        count++;
      }
      batches.splice(0, count);
      sizes.splice(0, count);
      bytes -= freed;
      return freed;
    },
    replace(moved) {
      // The bytes stay as they were counted, so that they are given back once.
      invariant(moved.length === batches.length, "an append moves as a whole");
      batches = [...moved];
    },
  };
}

export function firstSeqOf(batch: LoggedBatch): number {
  const first = batch.seqs[0];
  invariant(first !== undefined, "a batch has rows");
  return first;
}

export function lastSeqOf(batch: LoggedBatch): number {
  const last = batch.seqs.at(-1);
  invariant(last !== undefined, "a batch has rows");
  return last;
}
