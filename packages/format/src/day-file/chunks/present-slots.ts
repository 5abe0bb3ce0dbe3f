import { encodeLevels } from "../../parquet/hybrid-runs.ts";

/** Arrays that every chunk of a file is encoded with. */
export interface Scratch {
  readonly codes: Uint32Array;
  readonly picked: Uint32Array;
  readonly used: Uint32Array;
  readonly numbers: Float64Array;
  readonly bytes: Uint8Array;
  readonly bits: Uint8Array;
  /** As long as the largest dictionary of the file; all zeros between two chunks. */
  readonly known: Uint32Array;
}

export function createScratch(rowsMax: number, textsMax: number): Scratch {
  return {
    codes: new Uint32Array(rowsMax),
    picked: new Uint32Array(rowsMax),
    used: new Uint32Array(rowsMax),
    numbers: new Float64Array(rowsMax),
    bytes: new Uint8Array(rowsMax),
    bits: new Uint8Array(Math.ceil(rowsMax / 8)),
    known: new Uint32Array(textsMax + 1),
  };
}

/** The slots of some rows that hold a value, and the definition levels that say which rows. */
export interface PresentSlots<Slots> {
  readonly rows: number;
  readonly count: number;
  /** The first `count` are meant; good until the next chunk. */
  readonly slots: Slots;
  /** undefined: the column is required. */
  readonly levels: Uint8Array | undefined;
}

/** A column's slots: one a row, or those of `rows`. */
interface SlotPlace<Slots> {
  readonly rows: Uint32Array | undefined;
  readonly slots: Slots;
}
interface Range {
  readonly start: number;
  readonly end: number;
}

/** Codes of rows [start, end) that are not 0. */
export function presentCodes(
  { rows, slots }: SlotPlace<Uint32Array>,
  { start, end }: Range,
  scratch: Scratch,
): PresentSlots<Uint32Array> {
  if (rows !== undefined) return sparseSlots(rows, slots, { start, end }, scratch);
  const { picked, bits } = scratch;
  const count = end - start;
  bits.fill(0);
  let present = 0;
  for (let i = 0; i < count; i++) {
    const code = slots[start + i] ?? 0;
    if (code === 0) continue;
    picked[present++] = code;
    bits[i >> 3] = (bits[i >> 3] ?? 0) | (1 << (i & 7));
  }
  return { rows: count, count: present, slots: picked, levels: levelsOf(bits, present, count) };
}

/** Numbers of rows [start, end) that are not NaN. */
export function presentNumbers(
  { rows, slots }: SlotPlace<Float64Array>,
  { start, end }: Range,
  scratch: Scratch,
): PresentSlots<Float64Array> {
  if (rows !== undefined) return sparseSlots(rows, slots, { start, end }, scratch);
  const { numbers, bits } = scratch;
  const count = end - start;
  bits.fill(0);
  let present = 0;
  for (let i = 0; i < count; i++) {
    const value = slots[start + i] ?? Number.NaN;
    if (Number.isNaN(value)) continue;
    numbers[present++] = value;
    bits[i >> 3] = (bits[i >> 3] ?? 0) | (1 << (i & 7));
  }
  return { rows: count, count: present, slots: numbers, levels: levelsOf(bits, present, count) };
}

/** Booleans of rows [start, end) that are not 0, as 1 = false, 2 = true. */
export function presentBooleans(
  { rows, slots }: SlotPlace<Uint8Array>,
  { start, end }: Range,
  scratch: Scratch,
): PresentSlots<Uint8Array> {
  if (rows !== undefined) return sparseSlots(rows, slots, { start, end }, scratch);
  const { bytes, bits } = scratch;
  const count = end - start;
  bits.fill(0);
  let present = 0;
  for (let i = 0; i < count; i++) {
    const value = slots[start + i] ?? 0;
    if (value === 0) continue;
    bytes[present++] = value;
    bits[i >> 3] = (bits[i >> 3] ?? 0) | (1 << (i & 7));
  }
  return { rows: count, count: present, slots: bytes, levels: levelsOf(bits, present, count) };
}

function sparseSlots<Slots extends Uint32Array | Float64Array | Uint8Array>(
  rows: Uint32Array,
  slots: Slots,
  { start, end }: Range,
  { bits }: Scratch,
): PresentSlots<Slots> {
  const first = lowerBound(rows, start);
  const last = lowerBound(rows, end);
  bits.fill(0);
  for (let slot = first; slot < last; slot++) {
    const i = (rows[slot] ?? 0) - start;
    bits[i >> 3] = (bits[i >> 3] ?? 0) | (1 << (i & 7));
  }
  return {
    rows: end - start,
    count: last - first,
    slots: slots.subarray(first, last) as Slots,
    levels: levelsOf(bits, last - first, end - start),
  };
}

function levelsOf(bits: Uint8Array, present: number, count: number): Uint8Array {
  return encodeLevels(present === count ? undefined : bits, count);
}

/** The first index whose row is not below `row`. */
function lowerBound(rows: Uint32Array, row: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((rows[middle] ?? 0) < row) low = middle + 1;
    else high = middle;
  }
  return low;
}
