import { createByteInterner } from "../byte-interner.ts";
import type {
  BooleanColumn,
  EventBatch,
  NumberColumn,
  PropertyColumn,
  TextColumn,
} from "../event-batch.ts";
import { createCodeMerger } from "./code-merger.ts";

/** A column is dense when at least one row in this many has a value, as in a built batch. */
const DENSE_ONE_IN = 8;

type Slots = Uint32Array | Float64Array | Uint8Array;

/** One batch's part of a column, and where its rows begin in the whole. */
interface Part<Column> {
  readonly firstRow: number;
  readonly column: Column;
}
/** How the slots of a kind of column are read and made; absent ones are 0, or NaN among numbers. */
interface SlotSource<Column, S extends Slots> {
  readonly absent: number;
  make(length: number): S;
  /** As they stand in the part. */
  rawOf(column: Column): S;
  /** As they stand in the whole; the array may be longer, and is only good until the next call. */
  slotsOf(column: Column): S;
  /** Writes `slotsOf` into `target` from `at` on. */
  copy(column: Column, target: S, at: number): void;
}

/** The columns of all batches, merged by name and kind, in the order of a built batch. */
export function concatProperties(
  batches: readonly EventBatch[],
  rowCount: number,
): readonly PropertyColumn[] {
  const strings = new Map<string, Part<TextColumn>[]>();
  const lists = new Map<string, Part<TextColumn>[]>();
  const numbers = new Map<string, Part<NumberColumn>[]>();
  const booleans = new Map<string, Part<BooleanColumn>[]>();
  let firstRow = 0;
  for (const { properties, rowCount: batchRows } of batches) {
    for (const column of properties) {
      switch (column.kind) {
        case "string":
          add(strings, { firstRow, column });
          break;
        case "list":
          add(lists, { firstRow, column });
          break;
        case "number":
          add(numbers, { firstRow, column });
          break;
        case "boolean":
          add(booleans, { firstRow, column });
          break;
      }
    }
    firstRow += batchRows;
  }
  const columns = [
    ...Array.from(strings.values(), (parts) => concatTexts(parts, rowCount)),
    ...Array.from(lists.values(), (parts) => concatTexts(parts, rowCount)),
    ...Array.from(numbers.values(), (parts) => concatNumbers(parts, rowCount)),
    ...Array.from(booleans.values(), (parts) => concatBooleans(parts, rowCount)),
  ];
  return columns.filter((column) => column !== undefined).sort(comparePlace);
}

function add<Column extends PropertyColumn>(
  found: Map<string, Part<Column>[]>,
  part: Part<Column>,
): void {
  const parts = found.get(part.column.name);
  if (parts === undefined) found.set(part.column.name, [part]);
  else parts.push(part);
}

function comparePlace(left: PropertyColumn, right: PropertyColumn): number {
  if (left.name !== right.name) return left.name < right.name ? -1 : 1;
  return left.kind < right.kind ? -1 : 1;
}

function concatTexts(parts: readonly Part<TextColumn>[], rowCount: number): TextColumn | undefined {
  const interner = createByteInterner();
  const merger = createCodeMerger("zero", interner.intern);
  let merged = new Uint32Array(64);
  const place = placeOf(parts, rowCount, {
    absent: 0,
    make: (length) => new Uint32Array(length),
    rawOf: ({ codes }) => codes,
    slotsOf({ codes, values }) {
      if (codes.length > merged.length) merged = new Uint32Array(2 * codes.length);
      merger.merge(codes, values, merged, 0);
      return merged;
    },
    copy: ({ codes, values }, target, at) => merger.merge(codes, values, target, at),
  });
  const first = parts[0]?.column;
  if (place === undefined || first === undefined) return undefined;
  const { kind, name } = first;
  return { kind, name, rows: place.rows, codes: place.slots, values: interner.build() };
}

function concatNumbers(
  parts: readonly Part<NumberColumn>[],
  rowCount: number,
): NumberColumn | undefined {
  const place = placeOf<NumberColumn, Float64Array>(parts, rowCount, {
    absent: Number.NaN,
    make: (length) => new Float64Array(length),
    rawOf: ({ values }) => values,
    slotsOf: ({ values }) => values,
    copy: ({ values }, target, at) => target.set(values, at),
  });
  const name = parts[0]?.column.name;
  if (place === undefined || name === undefined) return undefined;
  return { kind: "number", name, rows: place.rows, values: place.slots };
}

function concatBooleans(
  parts: readonly Part<BooleanColumn>[],
  rowCount: number,
): BooleanColumn | undefined {
  const place = placeOf<BooleanColumn, Uint8Array>(parts, rowCount, {
    absent: 0,
    make: (length) => new Uint8Array(length),
    rawOf: ({ values }) => values,
    slotsOf: ({ values }) => values,
    copy: ({ values }, target, at) => target.set(values, at),
  });
  const name = parts[0]?.column.name;
  if (place === undefined || name === undefined) return undefined;
  return { kind: "boolean", name, rows: place.rows, values: place.slots };
}

/** Puts the parts into one column, dense or sparse; undefined where no row has a value. */
function placeOf<Column extends PropertyColumn, S extends Slots>(
  parts: readonly Part<Column>[],
  rowCount: number,
  source: SlotSource<Column, S>,
): { readonly rows: Uint32Array | undefined; readonly slots: S } | undefined {
  const { absent } = source;
  let present = 0;
  for (const { column } of parts) {
    present += column.rows?.length ?? presentCount(source.rawOf(column), absent);
  }
  if (present === 0) return undefined;
  if (present * DENSE_ONE_IN >= rowCount) {
    const slots = source.make(rowCount);
    if (absent !== 0) slots.fill(absent);
    for (const { firstRow, column } of parts) {
      if (column.rows === undefined) source.copy(column, slots, firstRow);
      else scatter(source.slotsOf(column), column.rows, slots, firstRow);
    }
    return { rows: undefined, slots };
  }
  const rows = new Uint32Array(present);
  const slots = source.make(present);
  let at = 0;
  for (const { firstRow, column } of parts) {
    const found = source.slotsOf(column);
    const count = source.rawOf(column).length;
    for (let i = 0; i < count; i++) {
      const slot = found[i] ?? 0;
      if (!isPresent(slot, absent)) continue;
      rows[at] = firstRow + (column.rows === undefined ? i : (column.rows[i] ?? 0));
      slots[at] = slot;
      at++;
    }
  }
  return { rows, slots };
}

function isPresent(slot: number, absent: number): boolean {
  return absent === 0 ? slot !== 0 : !Number.isNaN(slot);
}

function presentCount(slots: Slots, absent: number): number {
  let count = 0;
  for (let i = 0; i < slots.length; i++) if (isPresent(slots[i] ?? 0, absent)) count++;
  return count;
}

function scatter<S extends Slots>(slots: S, rows: Uint32Array, target: S, firstRow: number): void {
  for (let i = 0; i < rows.length; i++) target[firstRow + (rows[i] ?? 0)] = slots[i] ?? 0;
}
