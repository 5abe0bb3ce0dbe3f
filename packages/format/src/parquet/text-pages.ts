import { type TextTable, textBytesAt } from "@shale/columns";
import { corrupt } from "../damage.ts";
import { viewOf } from "../little-endian.ts";
import { decodeDeltas, encodeDeltas } from "./delta-packed.ts";

/** Shorter texts are copied by a loop, which costs less than a call. */
const LOOP_BYTES_MAX = 48;

/** Texts `codes[i] - base` of a table, in order, as PLAIN: each with its length before it. */
export function plainTexts(
  table: TextTable,
  codes: Uint32Array,
  { count, base }: { readonly count: number; readonly base: number },
): Uint8Array {
  const { offsets } = table;
  let length = 4 * count;
  for (let i = 0; i < count; i++) {
    const code = (codes[i] ?? 0) - base;
    length += (offsets[code + 1] ?? 0) - (offsets[code] ?? 0);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (let i = 0; i < count; i++) {
    const code = (codes[i] ?? 0) - base;
    const start = offsets[code] ?? 0;
    const textBytes = (offsets[code + 1] ?? 0) - start;
    bytes[at] = textBytes;
    bytes[at + 1] = textBytes >>> 8;
    bytes[at + 2] = textBytes >>> 16;
    bytes[at + 3] = textBytes >>> 24;
    copyText(table.bytes, start, textBytes, bytes, at + 4);
    at += 4 + textBytes;
  }
  return bytes;
}

/** The same texts as DELTA_LENGTH_BYTE_ARRAY: all lengths, then all bytes. */
export function deltaLengthTexts(
  table: TextTable,
  codes: Uint32Array,
  { start, end, base }: { readonly start: number; readonly end: number; readonly base: number },
): readonly Uint8Array[] {
  const { offsets } = table;
  const lengths = new Uint32Array(end - start);
  let total = 0;
  for (let i = start; i < end; i++) {
    const code = (codes[i] ?? 0) - base;
    const length = (offsets[code + 1] ?? 0) - (offsets[code] ?? 0);
    lengths[i - start] = length;
    total += length;
  }
  const bytes = new Uint8Array(total);
  let at = 0;
  for (let i = start; i < end; i++) {
    const length = lengths[i - start] ?? 0;
    copyText(table.bytes, offsets[(codes[i] ?? 0) - base] ?? 0, length, bytes, at);
    at += length;
  }
  const first = BigInt(lengths[0] ?? 0);
  const packed = encodeDeltas({ values: lengths, count: lengths.length, first, scale: 1 });
  return packed === undefined ? [bytes] : [packed, bytes];
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

/** Bytewise, as Parquet orders texts: below 0 where `left` stands before `right`. */
export function compareTexts(table: TextTable, left: number, right: number): number {
  const { bytes, offsets } = table;
  let i = offsets[left] ?? 0;
  let j = offsets[right] ?? 0;
  const iEnd = offsets[left + 1] ?? 0;
  const jEnd = offsets[right + 1] ?? 0;
  while (i < iEnd && j < jEnd) {
    const step = (bytes[i++] ?? 0) - (bytes[j++] ?? 0);
    if (step !== 0) return step;
  }
  return iEnd - i - (jEnd - j);
}

/** The bytes of the least and the greatest of the texts `codes[i] - base`; there is one at least. */
export function textExtent(
  table: TextTable,
  codes: Uint32Array,
  { count, base }: { readonly count: number; readonly base: number },
): { readonly min: Uint8Array; readonly max: Uint8Array } {
  let min = (codes[0] ?? 0) - base;
  let max = min;
  for (let i = 1; i < count; i++) {
    const code = (codes[i] ?? 0) - base;
    if (compareTexts(table, code, min) < 0) min = code;
    else if (compareTexts(table, code, max) > 0) max = code;
  }
  return { min: textBytesAt(table, min), max: textBytesAt(table, max) };
}
