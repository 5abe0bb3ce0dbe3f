import { compareTexts, type TextTable } from "../text-table.ts";
import type { InsertIdList } from "./insert-id-list.ts";

/** What of a row names it: its stored insert id, and its place in a log. */
export interface RowNames {
  readonly insertIds: InsertIdList;
  readonly seqs: Float64Array;
  readonly writers: Float64Array;
}

const encoder = new TextEncoder();

/**
 * Compares two rows by the insert id that is shown, bytewise, then by seq and writer. A row without
 * a stored id shows `~<writer>-<seq>` (protocol R3).
 */
export function compareRowNames(names: RowNames, left: number, right: number): number {
  const { seqs, writers } = names;
  const order = compareShownIds(names, left, right);
  if (order !== 0) return order;
  const later = (seqs[left] ?? 0) - (seqs[right] ?? 0);
  return later !== 0 ? later : (writers[left] ?? 0) - (writers[right] ?? 0);
}

function compareShownIds(names: RowNames, left: number, right: number): number {
  const { insertIds, seqs, writers } = names;
  const isStored = insertIds.places[3 * left] !== 0 || insertIds.places[3 * right] !== 0;
  if (!isStored && writers[left] === writers[right]) {
    const leftSeq = seqs[left] ?? 0;
    const rightSeq = seqs[right] ?? 0;
    // Numbers of equally many digits stand in their own order: no text is made for nearly all.
    if (digitCount(leftSeq) === digitCount(rightSeq)) return leftSeq - rightSeq;
  }
  return compareTexts(shownId(names, left), 0, shownId(names, right), 0);
}

/** A table of the one text. */
function shownId({ insertIds, seqs, writers }: RowNames, row: number): TextTable {
  const { places, parts } = insertIds;
  const length = (places[3 * row] ?? 0) - 1;
  const start = places[3 * row + 1] ?? 0;
  const stored = length < 0 ? undefined : parts[places[3 * row + 2] ?? 0];
  if (stored !== undefined) {
    return { count: 1, bytes: stored, offsets: Uint32Array.of(start, start + length) };
  }
  const bytes = encoder.encode(`~${writers[row] ?? 0}-${seqs[row] ?? 0}`);
  return { count: 1, bytes, offsets: Uint32Array.of(0, bytes.length) };
}

function digitCount(value: number): number {
  let count = 1;
  for (let limit = 10; value >= limit; limit *= 10) count++;
  return count;
}
