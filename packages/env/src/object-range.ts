import { invariant } from "@shale/model";
import type { GetOptions } from "./object-store.ts";
import { LIST_LIMIT } from "./object-store.ts";

/** The bytes [start, end) that a range means in an object of `size` bytes: cut at its end. */
export function rangeOf(
  range: GetOptions["range"],
  size: number,
): { readonly start: number; readonly end: number } {
  if (range === undefined) return { start: 0, end: size };
  if ("suffix" in range) {
    invariant(isCount(range.suffix), `a suffix counts bytes: ${range.suffix}`);
    return { start: Math.max(0, size - range.suffix), end: size };
  }
  const { offset, length } = range;
  invariant(isCount(offset) && isCount(length), `a range counts bytes: ${offset}, ${length}`);
  const start = Math.min(offset, size);
  return { start, end: Math.min(start + length, size) };
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

/** Entries of one page for the asked `limit`. */
export function pageSizeOf(limit: number | undefined): number {
  const size = limit ?? LIST_LIMIT;
  invariant(isCount(size) && size >= 1, `a page has 1 entry or more: ${size}`);
  return Math.min(size, LIST_LIMIT);
}
