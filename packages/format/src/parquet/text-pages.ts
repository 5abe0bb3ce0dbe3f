import { compareTexts, selectTexts, type TextTable, textBytesAt } from "@shale/columns";
import { invariant } from "@shale/model";
import { corrupt } from "../damage.ts";
import { viewOf } from "../little-endian.ts";
import { decodeDeltas, encodeDeltas } from "./delta-packed.ts";

/** Shorter texts are copied by a loop, which costs less than a call. */
const LOOP_BYTES_MAX = 48;

/** All texts of a table as PLAIN: each with its length before it. */
export function plainTexts({ count, bytes: source, offsets }: TextTable): Uint8Array {
  const bytes = new Uint8Array(4 * count + (offsets[count] ?? 0));
  let at = 0;
  let start = 0;
  for (let i = 0; i < count; i++) {
    const end = offsets[i + 1] ?? 0;
    const length = end - start;
    bytes[at] = length;
    bytes[at + 1] = length >>> 8;
    bytes[at + 2] = length >>> 16;
    bytes[at + 3] = length >>> 24;
    copyText(source, start, length, bytes, at + 4);
    at += 4 + length;
    start = end;
  }
  return bytes;
}

/** The texts `codes[i] - base` of a table, one after the other; a view where they already are. */
export function gatheredTexts(
  table: TextTable,
  codes: Uint32Array,
  { count, base }: { readonly count: number; readonly base: number },
): TextTable {
  const first = (codes[0] ?? 0) - base;
  let next = 0;
  while (next < count && codes[next] === first + base + next) next++;
  if (next === count) return slicedTexts(table, first, count);
  const indexes = new Uint32Array(count);
  for (let i = 0; i < count; i++) indexes[i] = (codes[i] ?? 0) - base;
  return selectTexts(table, indexes);
}

/** Texts [first, first + count) of a table. */
function slicedTexts(table: TextTable, first: number, count: number): TextTable {
  const start = table.offsets[first] ?? 0;
  const bytes = table.bytes.subarray(start, table.offsets[first + count]);
  const offsets = table.offsets.slice(first, first + count + 1);
  if (start > 0) for (let i = 0; i <= count; i++) offsets[i] = (offsets[i] ?? 0) - start;
  return { count, bytes, offsets };
}

/** All texts of a table as DELTA_LENGTH_BYTE_ARRAY: all lengths, then all bytes. */
export function deltaLengthTexts({ count, bytes, offsets }: TextTable): readonly Uint8Array[] {
  const lengths = new Uint32Array(count);
  for (let i = 0; i < count; i++) lengths[i] = (offsets[i + 1] ?? 0) - (offsets[i] ?? 0);
  const first = BigInt(lengths[0] ?? 0);
  const packed = encodeDeltas({ values: lengths, count, first, scale: 1 });
  invariant(packed !== undefined, "lengths lie less than 2^53 apart");
  return [packed, bytes];
}

function copyText(
  source: Uint8Array,
  from: number,
  length: number,
  target: Uint8Array,
  to: number,
): void {
  if (length > LOOP_BYTES_MAX) target.set(source.subarray(from, from + length), to);
  else for (let i = 0; i < length; i++) target[to + i] = source[from + i] ?? 0;
}

/**
 * Texts written as PLAIN from `start` on.
 *
 * @throws {ShaleError} OBJECT_CORRUPT naming `source`
 */
export function decodePlainTexts(
  bytes: Uint8Array,
  start: number,
  count: number,
  source: string,
): TextTable {
  if (4 * count > bytes.length - start) throw corrupt(source, "texts end early");
  const view = viewOf(bytes);
  const offsets = new Uint32Array(count + 1);
  const texts = new Uint8Array(bytes.length - start - 4 * count);
  let at = start;
  let length = 0;
  for (let i = 0; i < count; i++) {
    if (at + 4 > bytes.length) throw corrupt(source, "texts end early");
    const textBytes = view.getUint32(at, true);
    at += 4;
    if (textBytes > bytes.length - at) throw corrupt(source, "texts end early");
    copyText(bytes, at, textBytes, texts, length);
    at += textBytes;
    length += textBytes;
    offsets[i + 1] = length;
  }
  return { count, bytes: texts.length === length ? texts : texts.subarray(0, length), offsets };
}

/**
 * Texts written as DELTA_LENGTH_BYTE_ARRAY from `start` on. The bytes stay where they are.
 *
 * @throws {ShaleError} OBJECT_CORRUPT naming `source`
 */
export function decodeDeltaLengthTexts(
  bytes: Uint8Array,
  start: number,
  count: number,
  source: string,
): TextTable {
  const lengths = new Float64Array(count);
  const decoded = decodeDeltas(bytes, start, lengths, { at: 0, countMax: count, source });
  if (decoded.count !== count) throw corrupt(source, "texts are fewer than their rows");
  const first = Number(decoded.first);
  const offsets = new Uint32Array(count + 1);
  let end = 0;
  for (let i = 0; i < count; i++) {
    const length = first + (lengths[i] ?? 0);
    if (!(length >= 0)) throw corrupt(source, "a text has a negative length");
    end += length;
    offsets[i + 1] = end;
  }
  if (end > bytes.length - decoded.end) throw corrupt(source, "texts end early");
  return { count, bytes: bytes.subarray(decoded.end, decoded.end + end), offsets };
}

/** The bytes of the bytewise least and greatest text of a table that has one at least. */
export function textExtent(table: TextTable): {
  readonly min: Uint8Array;
  readonly max: Uint8Array;
} {
  let min = 0;
  let max = 0;
  let minHead = headOf(table, 0);
  let maxHead = minHead;
  for (let i = 1; i < table.count; i++) {
    const head = headOf(table, i);
    if (head < minHead || (head === minHead && compareTexts(table, i, table, min) < 0)) {
      min = i;
      minHead = head;
    } else if (head > maxHead || (head === maxHead && compareTexts(table, i, table, max) > 0)) {
      max = i;
      maxHead = head;
    }
  }
  return { min: textBytesAt(table, min), max: textBytesAt(table, max) };
}

/** The first bytes of a text as a number that stands in the order of the texts. */
function headOf({ bytes, offsets }: TextTable, text: number): number {
  const start = offsets[text] ?? 0;
  const length = (offsets[text + 1] ?? 0) - start;
  if (length >= 3) {
    return ((bytes[start] ?? 0) << 16) | ((bytes[start + 1] ?? 0) << 8) | (bytes[start + 2] ?? 0);
  }
  if (length === 0) return 0;
  return ((bytes[start] ?? 0) << 16) | (length === 1 ? 0 : (bytes[start + 1] ?? 0) << 8);
}
