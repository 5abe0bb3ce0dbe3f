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

/** Below 0, 0 or above 0: the first text stands bytewise before the second, is equal or behind it. */
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
  const copy = createBytesCopier(table.bytes, bytes);
  for (let i = 0; i < indexes.length; i++) {
    const start = table.offsets[indexes[i] ?? 0] ?? 0;
    const at = offsets[i] ?? 0;
    copy(start, at, (offsets[i + 1] ?? 0) - at);
  }
  return { count: indexes.length, bytes, offsets };
}

/** Copies stretches of one array into another, short ones faster than set() of a view. */
export function createBytesCopier(source: Uint8Array, target: Uint8Array) {
  const from = new DataView(source.buffer, source.byteOffset, source.byteLength);
  const to = new DataView(target.buffer, target.byteOffset, target.byteLength);
  return (start: number, at: number, length: number): void => {
    if (length > LOOP_BYTES_MAX) {
      target.set(source.subarray(start, start + length), at);
      return;
    }
    let i = 0;
    for (; i + 4 <= length; i += 4) to.setUint32(at + i, from.getUint32(start + i));
    for (; i < length; i++) target[at + i] = source[start + i] ?? 0;
  };
}
