import { invariant } from "@shale/model";
import { corrupt } from "../damage.ts";
import { createByteSink } from "./byte-sink.ts";

/**
 * Parquet's RLE / bit-packed hybrid. Runs are either one value repeated, or groups of 8 values
 * packed with the same width. With whole bytes a packed run is the array of codes as it lies in
 * memory, but for the fourth byte of codes of 24 bits: with 32 bits hyparquet reads zeros.
 */
export type CodeWidth = 8 | 16 | 24;

/** The most values that a dictionary can have. */
export const DICTIONARY_COUNT_MAX = 2 ** 24;

/** The narrowest width for codes below `count`. */
export function codeWidthFor(count: number): CodeWidth {
  invariant(count <= DICTIONARY_COUNT_MAX, `a dictionary of ${count} values`);
  return count <= 0x100 ? 8 : count <= 0x1_0000 ? 16 : 24;
}

/** Shorter runs are filled by a loop, which costs less than a call. */
const LOOP_COUNT_MAX = 32;

/** The first `count` codes as one packed run, or as repeated values where those are shorter. */
export function encodeCodes(
  codes: Uint32Array,
  count: number,
  width: CodeWidth,
): readonly Uint8Array[] {
  const packedBytes = (count * width) / 8;
  const runBytesMin = 1 + width / 8;
  const runs = runCount(codes, count, Math.floor(packedBytes / 2 / runBytesMin));
  return runs === undefined ? packedRun(codes, count, width) : [repeatedRuns(codes, count, width)];
}

/** How often the value changes, plus one; undefined when there are more than `most` runs. */
function runCount(codes: Uint32Array, count: number, most: number): number | undefined {
  let runs = 1;
  let previous = codes[0] ?? 0;
  for (let i = 1; i < count; i++) {
    const code = codes[i] ?? 0;
    if (code === previous) continue;
    previous = code;
    if (++runs > most) return undefined;
  }
  return runs;
}

function packedRun(codes: Uint32Array, count: number, width: CodeWidth): readonly Uint8Array[] {
  const groups = Math.ceil(count / 8);
  const header = createByteSink();
  header.varint(2 * groups + 1);
  if (width === 24) return [header.taken(), threeByteCodes(codes, count, 8 * groups)];
  const packed = width === 8 ? new Uint8Array(8 * groups) : new Uint16Array(8 * groups);
  packed.set(codes.subarray(0, count));
  return [header.taken(), new Uint8Array(packed.buffer)];
}

function threeByteCodes(codes: Uint32Array, count: number, countPadded: number): Uint8Array {
  const bytes = new Uint8Array(3 * countPadded);
  for (let i = 0, at = 0; i < count; i++, at += 3) {
    const code = codes[i] ?? 0;
    bytes[at] = code;
    bytes[at + 1] = code >>> 8;
    bytes[at + 2] = code >>> 16;
  }
  return bytes;
}

function repeatedRuns(codes: Uint32Array, count: number, width: CodeWidth): Uint8Array {
  const sink = createByteSink();
  for (let start = 0; start < count; ) {
    const code = codes[start] ?? 0;
    let end = start + 1;
    while (end < count && codes[end] === code) end++;
    sink.varint(2 * (end - start));
    for (let shift = 0; shift < width; shift += 8) sink.byte((code >>> shift) & 0xff);
    start = end;
  }
  return sink.taken();
}

/** Levels of 0 and 1 with their length before them, as a data page of version 1 has them. */
export function encodeLevels(bits: Uint8Array | undefined, count: number): Uint8Array {
  const sink = createByteSink();
  if (bits === undefined) {
    sink.varint(2 * count);
    sink.byte(1);
  } else {
    const groups = Math.ceil(count / 8);
    sink.varint(2 * groups + 1);
    sink.bytes(bits.subarray(0, groups));
  }
  const levels = sink.taken();
  const bytes = new Uint8Array(4 + levels.length);
  new DataView(bytes.buffer).setUint32(0, levels.length, true);
  bytes.set(levels, 4);
  return bytes;
}

/** Whether levels are one run that says of all `count` values that they are there. */
export function areAllPresent(levels: Uint8Array, count: number): boolean {
  let header = 0;
  let at = 0;
  for (let scale = 1; at < 5; scale *= 0x80) {
    const byte = levels[at++] ?? 0;
    header += (byte & 0x7f) * scale;
    if (byte < 0x80) break;
  }
  return header % 2 === 0 && header / 2 >= count && levels[at] === 1;
}

/**
 * Decodes `count` values of any width up to 32 bits from bytes [start, end) into `target` at `at`.
 *
 * @throws {ShaleError} OBJECT_CORRUPT naming `source`
 */
export function decodeCodes(
  bytes: Uint8Array,
  range: { readonly start: number; readonly end: number; readonly width: number },
  target: Uint32Array | Uint8Array,
  { at, count, source }: { readonly at: number; readonly count: number; readonly source: string },
): void {
  const { end, width } = range;
  if (width > 32) throw corrupt(source, `codes have ${width} bits`);
  const valueBytes = Math.ceil(width / 8);
  let from = range.start;
  let to = at;
  const toEnd = at + count;
  while (to < toEnd) {
    if (from >= end) throw corrupt(source, "a run of codes ends early");
    let header = bytes[from++] ?? 0;
    if (header >= 0x80) {
      header -= 0x80;
      for (let scale = 0x80, more = true; more; scale *= 0x80) {
        if (from >= end || scale > 2 ** 35) throw corrupt(source, "a run of codes ends early");
        const byte = bytes[from++] ?? 0;
        header += (byte & 0x7f) * scale;
        more = byte >= 0x80;
      }
    }
    if (header % 2 === 0) {
      const length = Math.min(header / 2, toEnd - to);
      if (length === 0 || valueBytes > end - from) throw corrupt(source, "a run of codes is empty");
      let value = 0;
      for (let i = 0; i < valueBytes; i++) value += (bytes[from + i] ?? 0) * 2 ** (8 * i);
      from += valueBytes;
      if (length > LOOP_COUNT_MAX) target.fill(value, to, to + length);
      else for (let i = to; i < to + length; i++) target[i] = value;
      to += length;
      continue;
    }
    const groups = (header - 1) / 2;
    const length = Math.min(8 * groups, toEnd - to);
    const packedBytes = Math.ceil((length * width) / 8);
    if (length === 0 || packedBytes > end - from) throw corrupt(source, "packed codes end early");
    unpack(bytes, from, width, target, to, length);
    from += Math.min(groups * width, end - from);
    to += length;
  }
}

function unpack(
  bytes: Uint8Array,
  from: number,
  width: number,
  target: Uint32Array | Uint8Array,
  to: number,
  count: number,
): void {
  switch (width) {
    case 1:
      for (let i = 0; i < count; i++)
        target[to + i] = ((bytes[from + (i >> 3)] ?? 0) >> (i & 7)) & 1;
      return;
    case 8:
      target.set(bytes.subarray(from, from + count), to);
      return;
    case 16:
      target.set(new Uint16Array(bytes.slice(from, from + 2 * count).buffer), to);
      return;
    case 24:
      for (let i = 0, at = from; i < count; i++, at += 3) {
        target[to + i] =
          (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16);
      }
      return;
    case 32:
      target.set(new Uint32Array(bytes.slice(from, from + 4 * count).buffer), to);
      return;
    default:
      unpackOdd(bytes, from, width, target, to, count);
  }
}

/** Any width, bit by byte: files of other writers. */
function unpackOdd(
  bytes: Uint8Array,
  from: number,
  width: number,
  target: Uint32Array | Uint8Array,
  to: number,
  count: number,
): void {
  const range = 2 ** width;
  let held = 0;
  let heldBits = 0;
  let at = from;
  for (let i = 0; i < count; i++) {
    while (heldBits < width) {
      held += (bytes[at++] ?? 0) * 2 ** heldBits;
      heldBits += 8;
    }
    const value = held % range;
    target[to + i] = value;
    held = (held - value) / range;
    heldBits -= width;
  }
}
