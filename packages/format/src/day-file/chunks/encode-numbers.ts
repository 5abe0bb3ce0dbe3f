import type { ChunkContent } from "../../parquet/chunk-writer.ts";
import { encodeDeltas } from "../../parquet/delta-packed.ts";
import type { ChunkStatistics } from "../../parquet/file-metadata.ts";
import { codeWidthFor } from "../../parquet/hybrid-runs.ts";
import { type NumberType, plainNumbers } from "../../parquet/number-pages.ts";
import { encodings, physicalTypes } from "../../parquet/parquet-codes.ts";
import { codePage, encodeNothing, pageOf } from "./encode-texts.ts";
import type { PresentSlots, Scratch } from "./present-slots.ts";

/** Dictionaries of numbers are no larger than what codes of 16 bits reach. */
const DISTINCT_MAX = 0x1_0000;
/** After so many rows a column whose values hardly repeat is given up. */
const SAMPLE_ROWS = 4096;

/** A chunk of numbers, by a dictionary where values repeat. None is NaN or -0. */
export function encodeNumbers(
  present: PresentSlots<Float64Array>,
  type: NumberType,
  scratch: Scratch,
): ChunkContent {
  const { slots, count, rows } = present;
  if (count === 0) return encodeNothing(present);
  const distinct = distinctNumbers(slots, count, scratch.codes);
  if (distinct === undefined) {
    return {
      dictionary: undefined,
      pages: [pageOf(present, encodings.plain, [plainNumbers(slots, count, type)])],
      statistics: numberStatistics(slots, count, { type, scale: 1, nulls: rows - count }),
    };
  }
  const bytes = plainNumbers(distinct, distinct.length, type);
  return {
    dictionary: { count: distinct.length, bytes },
    pages: [codePage(scratch.codes, present, distinct.length)],
    statistics: numberStatistics(distinct, distinct.length, {
      type,
      scale: 1,
      nulls: rows - count,
    }),
  };
}

/** A chunk of INT64 that rise or move little from row to row, each multiplied by `scale`. */
export function encodeSteps(values: Float64Array, scale: number): ChunkContent {
  const count = values.length;
  const first = BigInt(values[0] ?? 0) * BigInt(scale);
  const deltas = encodeDeltas({ values, count, first, scale });
  const type = physicalTypes.int64;
  const encoding = deltas === undefined ? encodings.plain : encodings.deltaBinaryPacked;
  const parts = [deltas ?? plainNumbers(values, count, type)];
  return {
    dictionary: undefined,
    pages: [{ rows: count, encoding, parts }],
    statistics: numberStatistics(values, count, { type, scale, nulls: 0 }),
  };
}

/** A chunk of booleans given as 1 = false, 2 = true. */
export function encodeBooleans(present: PresentSlots<Uint8Array>): ChunkContent {
  const { slots, count, rows } = present;
  if (count === 0) return encodeNothing(present);
  const bits = new Uint8Array(Math.ceil(count / 8));
  let trueCount = 0;
  for (let i = 0; i < count; i++) {
    if (slots[i] !== 2) continue;
    bits[i >> 3] = (bits[i >> 3] ?? 0) | (1 << (i & 7));
    trueCount++;
  }
  return {
    dictionary: undefined,
    pages: [pageOf(present, encodings.plain, [bits])],
    statistics: {
      min: Uint8Array.of(trueCount === count ? 1 : 0),
      max: Uint8Array.of(trueCount === 0 ? 0 : 1),
      nulls: rows - count,
    },
  };
}

/**
 * The distinct values by first row, with the code of each row in `codes`; undefined where a
 * dictionary would save little.
 */
function distinctNumbers(
  values: Float64Array,
  count: number,
  codes: Uint32Array,
): Float64Array | undefined {
  const most = Math.min(DISTINCT_MAX, Math.max(1, Math.floor(count * 0.35)));
  const distinct = new Float64Array(most);
  const mask = 2 ** Math.ceil(Math.log2(2 * most)) - 1;
  const slots = new Uint32Array(mask + 1);
  const words = new Uint32Array(values.buffer, values.byteOffset, 2 * count);
  let found = 0;
  for (let i = 0; i < count; i++) {
    const value = values[i] ?? 0;
    const hash =
      Math.imul(words[2 * i] ?? 0, 0x9e37_79b1) ^ Math.imul(words[2 * i + 1] ?? 0, 0x85eb_ca6b);
    let slot = (hash ^ (hash >>> 15)) & mask;
    let taken = slots[slot] ?? 0;
    while (taken !== 0 && distinct[taken - 1] !== value) {
      slot = (slot + 1) & mask;
      taken = slots[slot] ?? 0;
    }
    if (taken === 0) {
      if (found === most || (i === SAMPLE_ROWS && found > SAMPLE_ROWS / 2)) return undefined;
      distinct[found] = value;
      taken = ++found;
      slots[slot] = taken;
    }
    codes[i] = taken - 1;
  }
  const numberBytes = 8 * found + (count * codeWidthFor(found)) / 8;
  return numberBytes < 8 * count * 0.6 || found === 1 ? distinct.subarray(0, found) : undefined;
}

function numberStatistics(
  values: Float64Array,
  count: number,
  {
    type,
    scale,
    nulls,
  }: { readonly type: NumberType; readonly scale: number; readonly nulls: number },
): ChunkStatistics {
  let min = Infinity;
  let max = -Infinity;
  for (let i = 0; i < count; i++) {
    const value = values[i] ?? 0;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  // The format asks for -0 as a least zero, since readers may hold -0 to be below 0.
  if (type === physicalTypes.double && min === 0) min = -0;
  const bytesOf = (value: number): Uint8Array =>
    type === physicalTypes.int64
      ? new Uint8Array(BigInt64Array.of(BigInt(value) * BigInt(scale)).buffer)
      : plainNumbers(Float64Array.of(value), 1, type);
  return { min: bytesOf(min), max: bytesOf(max), nulls };
}
