import { corrupt } from "../damage.ts";

/**
 * DELTA_BINARY_PACKED: blocks of 128 differences in four miniblocks, each miniblock with as many
 * bits as its greatest difference needs above the least of its block.
 */
const BLOCK_VALUES = 128;
const MINIBLOCKS = 4;
const MINIBLOCK_VALUES = BLOCK_VALUES / MINIBLOCKS;
/** Head, then for each block at most ten bytes of least difference, four widths, its values. */
const HEAD_BYTES_MAX = 30;
const BLOCK_HEAD_BYTES_MAX = 10 + MINIBLOCKS;
const TWO_32 = 4_294_967_296;
const TWO_53 = 2 ** 53;
/** Beyond this a number is written bit by bit. */
const ZIGZAG_EXACT_MAX = 2 ** 51;
const CACHED_WORDS = 2 * MINIBLOCK_VALUES + 2;

/** Scratch of one call: small files would spend more time on making it than on using it. */
const deltas = new Float64Array(BLOCK_VALUES);
const words = new Uint32Array(CACHED_WORDS);
const packed = new Uint8Array(words.buffer);

export interface DeltaInput {
  /** Whole numbers, from 0 to 2^53 unless multiplied. */
  readonly values: Float64Array | Uint32Array;
  readonly count: number;
  /** The first value as it is written: values[0] × scale. */
  readonly first: bigint;
  /** What each value is multiplied by; differences times it stay below 2^53. */
  readonly scale: number;
}

/** Undefined where differences lie further apart than 2^53: another encoding must serve. */
export function encodeDeltas(input: DeltaInput): Uint8Array | undefined {
  const { values, count, first, scale } = input;
  const miniblocks = Math.ceil(Math.max(count - 1, 0) / MINIBLOCK_VALUES);
  const blocks = Math.ceil(miniblocks / MINIBLOCKS);
  const valueBytesMax = miniblocks * MINIBLOCK_VALUES * 8;
  const bytes = new Uint8Array(HEAD_BYTES_MAX + blocks * BLOCK_HEAD_BYTES_MAX + valueBytesMax);
  let at = writeVarint(bytes, 0, BLOCK_VALUES);
  at = writeVarint(bytes, at, MINIBLOCKS);
  at = writeVarint(bytes, at, count);
  at = writeWide(bytes, at, first < 0n ? -2n * first - 1n : 2n * first);
  let previous = values[0] ?? 0;
  for (let start = 1; start < count; start += BLOCK_VALUES) {
    const length = Math.min(BLOCK_VALUES, count - start);
    let least = Infinity;
    let greatest = -Infinity;
    for (let i = 0; i < length; i++) {
      const value = values[start + i] ?? 0;
      const delta = (value - previous) * scale;
      previous = value;
      deltas[i] = delta;
      if (delta < least) least = delta;
      if (delta > greatest) greatest = delta;
    }
    if (greatest - least >= TWO_53) return undefined;
    at = writeZigzag(bytes, at, least);
    const widthsAt = at;
    at += MINIBLOCKS;
    for (let mini = 0; mini < MINIBLOCKS; mini++) {
      const from = mini * MINIBLOCK_VALUES;
      const miniLength = Math.min(MINIBLOCK_VALUES, length - from);
      if (miniLength <= 0) break;
      const width = miniblockWidth(deltas, from, miniLength, least);
      bytes[widthsAt + mini] = width;
      if (width === 0) continue;
      packMiniblock(deltas, from, miniLength, { least, width, words });
      bytes.set(packed.subarray(0, 4 * width), at);
      at += 4 * width;
    }
  }
  return bytes.slice(0, at);
}

function miniblockWidth(deltas: Float64Array, from: number, length: number, least: number): number {
  let greatest = 0;
  for (let i = from; i < from + length; i++) {
    const above = (deltas[i] ?? 0) - least;
    if (above > greatest) greatest = above;
  }
  return greatest < TWO_32
    ? 32 - Math.clz32(greatest)
    : 64 - Math.clz32(Math.floor(greatest / TWO_32));
}

interface Packing {
  readonly least: number;
  readonly width: number;
  readonly words: Uint32Array;
}

/** 32 numbers of `width` bits take `width` words. */
function packMiniblock(
  deltas: Float64Array,
  from: number,
  length: number,
  { least, width, words }: Packing,
): void {
  words.fill(0, 0, width);
  const lowBits = width < 32 ? width : 32;
  for (let i = 0, bit = 0; i < length; i++, bit += width) {
    const above = (deltas[from + i] ?? 0) - least;
    const low = above >>> 0;
    let word = bit >>> 5;
    const shift = bit & 31;
    words[word] = (words[word] ?? 0) | (low << shift);
    if (shift + lowBits > 32) words[word + 1] = (words[word + 1] ?? 0) | (low >>> (32 - shift));
    if (width <= 32) continue;
    const high = (above - low) / TWO_32;
    word++;
    words[word] = (words[word] ?? 0) | (high << shift);
    if (shift + width > 64) words[word + 1] = (words[word + 1] ?? 0) | (high >>> (32 - shift));
  }
}

function writeVarint(bytes: Uint8Array, start: number, value: number): number {
  let at = start;
  let rest = value;
  while (rest >= 0x80) {
    bytes[at++] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  bytes[at++] = rest;
  return at;
}

function writeZigzag(bytes: Uint8Array, at: number, value: number): number {
  if (Math.abs(value) < ZIGZAG_EXACT_MAX) {
    return writeVarint(bytes, at, value < 0 ? -2 * value - 1 : 2 * value);
  }
  const wide = BigInt(value);
  return writeWide(bytes, at, wide < 0n ? -2n * wide - 1n : 2n * wide);
}

function writeWide(bytes: Uint8Array, start: number, value: bigint): number {
  let at = start;
  let rest = value;
  for (; rest >= 0x80n; rest >>= 7n) bytes[at++] = Number(rest & 0x7fn) | 0x80;
  bytes[at++] = Number(rest);
  return at;
}

export interface DecodedDeltas {
  readonly first: bigint;
  readonly count: number;
  /** Where the encoded bytes end. */
  readonly end: number;
}

/**
 * Decodes into `target` from `at` on what each value lies above the first one.
 *
 * @throws {ShaleError} OBJECT_CORRUPT naming `source`, also where values lie 2^53 apart
 */
export function decodeDeltas(
  bytes: Uint8Array,
  start: number,
  target: Float64Array,
  { at, countMax, source }: { readonly at: number; readonly countMax: number; source: string },
): DecodedDeltas {
  const cursor = { at: start };
  const blockValues = Number(readWide(bytes, cursor, source));
  const miniblocks = Number(readWide(bytes, cursor, source));
  const count = Number(readWide(bytes, cursor, source));
  const first = unzigzag(readWide(bytes, cursor, source));
  const miniValues = blockValues / miniblocks;
  if (
    !Number.isInteger(miniValues) ||
    miniValues % 32 !== 0 ||
    miniValues === 0 ||
    count > countMax
  ) {
    throw corrupt(source, "packed differences have an impossible head");
  }
  if (count > 0) target[at] = 0;
  let previous = 0;
  let to = at + 1;
  const toEnd = at + count;
  while (to < toEnd) {
    const least = Number(unzigzag(readWide(bytes, cursor, source)));
    const widthsAt = cursor.at;
    cursor.at += miniblocks;
    for (let mini = 0; mini < miniblocks && to < toEnd; mini++) {
      const width = bytes[widthsAt + mini] ?? 0;
      if (width > 53) throw corrupt(source, `a difference has ${width} bits`);
      const miniEnd = Math.min(toEnd, to + miniValues);
      if (cursor.at + Math.ceil(((miniEnd - to) * width) / 8) > bytes.length) {
        throw corrupt(source, "packed differences end early");
      }
      for (; to < miniEnd; to += 32, cursor.at += 4 * width) {
        const length = Math.min(32, miniEnd - to);
        previous = unpackSums(
          bytes,
          cursor.at,
          { width, least, words, previous },
          target,
          to,
          length,
        );
      }
      to = miniEnd;
    }
    if (Math.abs(previous) >= TWO_53) throw corrupt(source, "values lie further apart than 2^53");
  }
  return { first, count, end: Math.min(cursor.at, bytes.length) };
}

interface Unpacking extends Packing {
  readonly previous: number;
}

/** Up to 32 sums of differences; gives back the last one. */
function unpackSums(
  bytes: Uint8Array,
  from: number,
  { width, least, words, previous }: Unpacking,
  target: Float64Array,
  to: number,
  length: number,
): number {
  let sum = previous;
  if (width === 0) {
    for (let i = 0; i < length; i++) target[to + i] = sum += least;
    return sum;
  }
  loadWords(bytes, from, width, words);
  if (width <= 32) {
    const mask = width === 32 ? 0xffff_ffff : (1 << width) - 1;
    for (let i = 0, bit = 0; i < length; i++, bit += width) {
      const word = bit >>> 5;
      const shift = bit & 31;
      let low = (words[word] ?? 0) >>> shift;
      if (shift + width > 32) low |= (words[word + 1] ?? 0) << (32 - shift);
      target[to + i] = sum += least + ((low & mask) >>> 0);
    }
    return sum;
  }
  const mask = width === 64 ? 0xffff_ffff : (1 << (width - 32)) - 1;
  for (let i = 0, bit = 0; i < length; i++, bit += width) {
    const word = bit >>> 5;
    const shift = bit & 31;
    let low = (words[word] ?? 0) >>> shift;
    let high = (words[word + 1] ?? 0) >>> shift;
    if (shift !== 0) {
      low |= (words[word + 1] ?? 0) << (32 - shift);
      high |= (words[word + 2] ?? 0) << (32 - shift);
    }
    target[to + i] = sum += least + (((high & mask) >>> 0) * TWO_32 + (low >>> 0));
  }
  return sum;
}

function loadWords(bytes: Uint8Array, from: number, width: number, words: Uint32Array): void {
  for (let word = 0, at = from; word < width; word++, at += 4) {
    words[word] =
      (bytes[at] ?? 0) |
      ((bytes[at + 1] ?? 0) << 8) |
      ((bytes[at + 2] ?? 0) << 16) |
      ((bytes[at + 3] ?? 0) << 24);
  }
}

function readWide(bytes: Uint8Array, cursor: { at: number }, source: string): bigint {
  let value = 0;
  for (let scale = 1; scale < 2 ** 49; scale *= 0x80) {
    const byte = bytes[cursor.at++];
    if (byte === undefined) throw corrupt(source, "packed differences end early");
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return BigInt(value);
  }
  let wide = BigInt(value);
  for (let shift = 49n; shift < 70n; shift += 7n) {
    const byte = bytes[cursor.at++];
    if (byte === undefined) break;
    wide += BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return wide;
  }
  throw corrupt(source, "packed differences end early");
}

function unzigzag(value: bigint): bigint {
  return value % 2n === 0n ? value / 2n : -(value + 1n) / 2n;
}
