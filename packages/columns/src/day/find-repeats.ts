import { DAY_MS, invariant } from "@shale/model";
import { hashText } from "../byte-interner.ts";
import type { StoredBatch } from "../stored-batch.ts";
import { compareTexts } from "../text-table.ts";

/** What of a batch says which rows are alike, and which of them is the latest. */
export type RepeatableRows = Omit<StoredBatch, "users" | "generations" | "properties" | "events">;

/**
 * Marks 1 every row that another row of the same key (user, event, stored insert_id) beats by the
 * greatest (seq, writer); undefined where there is none (protocol R3). A row without a stored
 * insert_id is never a duplicate.
 *
 * @param batch In the order of `gatherSorted`, all rows of one UTC day.
 */
export function findRepeats(batch: RepeatableRows): Uint8Array | undefined {
  checkDay(batch.timesMs);
  const marker = createRepeatMarker(batch);
  const { userCodes, rowCount } = batch;
  for (let start = 0; start < rowCount; ) {
    const user = userCodes[start];
    let end = start + 1;
    while (end < rowCount && userCodes[end] === user) end++;
    if (end > start + 1) marker.markUser(start, end);
    start = end;
  }
  return marker.found();
}

function checkDay(timesMs: Float64Array): void {
  const day = Math.floor((timesMs[0] ?? 0) / DAY_MS);
  const [from, to] = [day * DAY_MS, (day + 1) * DAY_MS];
  let isOne = true;
  for (let row = 0; row < timesMs.length; row++) {
    const timeMs = timesMs[row] ?? 0;
    if (timeMs < from || timeMs >= to) isOne = false;
  }
  invariant(isOne, "the rows are of one UTC day");
}

/** Rows of few events are compared with each other: that costs less than hashing their ids. */
const PAIRS_ROWS_MAX = 8;

function createRepeatMarker(batch: RepeatableRows) {
  const { eventCodes, insertIdCodes, insertIds, seqs, writers } = batch;
  let repeats: Uint8Array | undefined;
  /** In pairs: 1 + the winning row of a key, or 0 where free, then the hash of its insert id. */
  let slots = new Uint32Array(64);

  function isSameKey(left: number, right: number): boolean {
    if (eventCodes[left] !== eventCodes[right]) return false;
    const leftCode = insertIdCodes[left] ?? 0;
    const rightCode = insertIdCodes[right] ?? 0;
    if (leftCode === rightCode) return true;
    return compareTexts(insertIds, leftCode - 1, insertIds, rightCode - 1) === 0;
  }
  function isLater(left: number, right: number): boolean {
    const [leftSeq, rightSeq] = [seqs[left] ?? 0, seqs[right] ?? 0];
    if (leftSeq !== rightSeq) return leftSeq > rightSeq;
    return (writers[left] ?? 0) > (writers[right] ?? 0);
  }
  function markOlder(left: number, right: number): void {
    repeats ??= new Uint8Array(batch.rowCount);
    repeats[isLater(left, right) ? right : left] = 1;
  }
  /** Each row against those before it that are still in. */
  function markPairs(start: number, end: number): void {
    for (let row = start + 1; row < end; row++) {
      if (insertIdCodes[row] === 0) continue;
      for (let other = start; other < row; other++) {
        if (insertIdCodes[other] === 0 || repeats?.[other] === 1) continue;
        if (isSameKey(other, row)) markOlder(other, row);
        if (repeats?.[row] === 1) break;
      }
    }
  }
  /** Twice as many pairs as rows, a power of two. */
  function clearFor(rowCount: number): number {
    const length = 1 << (32 - Math.clz32(4 * rowCount - 1));
    if (length > slots.length) slots = new Uint32Array(length);
    else slots.fill(0, 0, length);
    return length - 1;
  }
  function markUser(start: number, end: number): void {
    if (end - start <= PAIRS_ROWS_MAX) markPairs(start, end);
    else markByHash(start, end);
  }
  function markByHash(start: number, end: number): void {
    const mask = clearFor(end - start);
    for (let row = start; row < end; row++) {
      const code = insertIdCodes[row] ?? 0;
      if (code === 0) continue;
      const hash = hashText(insertIds, code - 1);
      let slot = (hash << 1) & mask;
      for (;;) {
        const winner = (slots[slot] ?? 0) - 1;
        if (winner < 0) {
          slots[slot] = row + 1;
          slots[slot + 1] = hash;
          break;
        }
        if (slots[slot + 1] === hash && isSameKey(winner, row)) {
          markOlder(row, winner);
          if (repeats?.[winner] === 1) slots[slot] = row + 1;
          break;
        }
        slot = (slot + 2) & mask;
      }
    }
  }
  return { markUser, found: () => repeats };
}
