import { corrupt } from "../damage.ts";
import { viewOf } from "../little-endian.ts";
import { physicalTypes } from "./parquet-codes.ts";

export type NumberType =
  | typeof physicalTypes.int32
  | typeof physicalTypes.int64
  | typeof physicalTypes.double;

const TWO_32 = 4_294_967_296;

/** Numbers as PLAIN; whole ones are 0 to 2^53 (int64), or below 2^31 (int32). */
export function plainNumbers(values: Float64Array, count: number, type: NumberType): Uint8Array {
  switch (type) {
    case physicalTypes.double:
      return new Uint8Array(values.slice(0, count).buffer);
    case physicalTypes.int32:
      return new Uint8Array(Int32Array.from(values.subarray(0, count)).buffer);
    case physicalTypes.int64: {
      const words = new Uint32Array(2 * count);
      for (let i = 0; i < count; i++) {
        const value = values[i] ?? 0;
        const low = value >>> 0;
        words[2 * i] = low;
        words[2 * i + 1] = (value - low) / TWO_32;
      }
      return new Uint8Array(words.buffer);
    }
  }
}

/**
 * Decodes `target.length` PLAIN numbers from `start` on.
 *
 * @returns what was subtracted from each: 0, but for int64 the first value.
 * @throws {ShaleError} OBJECT_CORRUPT naming `source`, also where they lie 2^53 apart
 */
export function decodePlainNumbers(
  bytes: Uint8Array,
  start: number,
  type: NumberType,
  target: Float64Array,
  source: string,
): bigint {
  const count = target.length;
  const width = type === physicalTypes.int32 ? 4 : 8;
  if (count * width > bytes.length - start) throw corrupt(source, "numbers end early");
  if (count === 0) return 0n;
  switch (type) {
    case physicalTypes.double:
      new Uint8Array(target.buffer, target.byteOffset, 8 * count).set(
        bytes.subarray(start, start + 8 * count),
      );
      return 0n;
    case physicalTypes.int32: {
      const view = viewOf(bytes);
      for (let i = 0; i < count; i++) target[i] = view.getInt32(start + 4 * i, true);
      return 0n;
    }
    case physicalTypes.int64: {
      const view = viewOf(bytes);
      const baseLow = view.getUint32(start, true);
      const baseHigh = view.getInt32(start + 4, true);
      let furthest = 0;
      for (let i = 0, at = start; i < count; i++, at += 8) {
        const high = view.getInt32(at + 4, true) - baseHigh;
        const above = high * TWO_32 + (view.getUint32(at, true) - baseLow);
        target[i] = above;
        if (above > furthest || -above > furthest) furthest = Math.abs(above);
      }
      if (furthest >= 2 ** 53) throw corrupt(source, "values lie further apart than 2^53");
      return view.getBigInt64(start, true);
    }
  }
}
