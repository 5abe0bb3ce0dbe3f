import { invariant } from "@shale/model";

/** Distinct or repeated texts as UTF-8: text i is bytes[offsets[i], offsets[i + 1]). */
export interface TextTable {
  readonly count: number;
  readonly bytes: Uint8Array;
  /** count + 1 ascending offsets into `bytes`; the first is 0. */
  readonly offsets: Uint32Array;
}

/** Offsets are unsigned 32-bit numbers. */
const TABLE_BYTES_MAX = 0xffff_ffff;
/** Longest text copied by a loop: beyond it a call of set() costs less. */
const LOOP_BYTES_MAX = 64;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export const emptyTextTable: TextTable = {
  count: 0,
  bytes: new Uint8Array(0),
  offsets: new Uint32Array(1),
};

export function textBytesAt(table: TextTable, index: number): Uint8Array {
  invariant(index >= 0 && index < table.count, `0 <= text ${index} < ${table.count}`);
  return table.bytes.subarray(table.offsets[index], table.offsets[index + 1]);
}

export function textAt(table: TextTable, index: number): string {
  return decoder.decode(textBytesAt(table, index));
}

/** Below 0, 0 or above 0, as the first text stands bytewise before, is equal to or behind the second. */
export function compareTexts(
  left: TextTable,
  leftIndex: number,
  right: TextTable,
  rightIndex: number,
): number {
  const leftStart = left.offsets[leftIndex] ?? 0;
  const rightStart = right.offsets[rightIndex] ?? 0;
  const leftLength = (left.offsets[leftIndex + 1] ?? 0) - leftStart;
  const rightLength = (right.offsets[rightIndex + 1] ?? 0) - rightStart;
  const length = Math.min(leftLength, rightLength);
  for (let i = 0; i < length; i++) {
    const difference = (left.bytes[leftStart + i] ?? 0) - (right.bytes[rightStart + i] ?? 0);
    if (difference !== 0) return difference;
  }
  return leftLength - rightLength;
}

/** The texts `indexes` of the table, in that order. */
export function selectTexts(table: TextTable, indexes: Uint32Array): TextTable {
  const offsets = new Uint32Array(indexes.length + 1);
  let byteLength = 0;
  for (let i = 0; i < indexes.length; i++) {
    const index = indexes[i] ?? 0;
    byteLength += (table.offsets[index + 1] ?? 0) - (table.offsets[index] ?? 0);
    invariant(byteLength <= TABLE_BYTES_MAX, "a text table holds less than 4 GiB");
    offsets[i + 1] = byteLength;
  }
  const bytes = new Uint8Array(byteLength);
  for (let i = 0; i < indexes.length; i++) {
    copyText(table, indexes[i] ?? 0, bytes, offsets[i] ?? 0);
  }
  return { count: indexes.length, bytes, offsets };
}

/** Writes the bytes of a text into `target` from `at` on. */
export function copyText(table: TextTable, index: number, target: Uint8Array, at: number): void {
  const { bytes } = table;
  const start = table.offsets[index] ?? 0;
  const length = (table.offsets[index + 1] ?? 0) - start;
  if (length > LOOP_BYTES_MAX) target.set(bytes.subarray(start, start + length), at);
  else for (let i = 0; i < length; i++) target[at + i] = bytes[start + i] ?? 0;
}
