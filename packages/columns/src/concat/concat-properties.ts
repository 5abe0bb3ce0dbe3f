import { createByteInterner } from "../byte-interner.ts";
import type { BooleanColumn, NumberColumn, PropertyColumn, TextColumn } from "../event-batch.ts";
import { slotsOfRows } from "../select-rows.ts";
import { createCodeMerger } from "./code-merger.ts";
import type { RowPart } from "./concat-dictionaries.ts";

/** A column is dense when at least one row in this many has a value, as in a built batch. */
const DENSE_ONE_IN = 8;

type Slots = Uint32Array | Float64Array | Uint8Array;

/** One batch's part of a column, and where its rows begin in the whole. */
interface Part<Column> {
  readonly firstRow: number;
  readonly column: Column;
  /** Which slots of the column are meant; undefined: all. */
  readonly picks: Uint32Array | undefined;
  /** To which row of the part each belongs; undefined: a slot a row. */
  readonly rows: Uint32Array | undefined;
}
/** How the slots of a kind of column are read and made; absent ones are 0, or NaN among numbers. */
interface SlotSource<Column, S extends Slots> {
  readonly absent: number;
  make(length: number): S;
  /** As they stand in the column. */
  rawOf(column: Column): S;
  /** Writes those that are meant, as they stand in the whole, into `target` from `at` on. */
  copy(part: Part<Column>, target: S, at: number): void;
}

/** The columns of all parts, merged by name and kind, in the order of a built batch. */
export function concatProperties(
  sources: readonly RowPart[],
  rowCount: number,
): readonly PropertyColumn[] {
  const strings = new Map<string, Part<TextColumn>[]>();
  const lists = new Map<string, Part<TextColumn>[]>();
  const numbers = new Map<string, Part<NumberColumn>[]>();
  const booleans = new Map<string, Part<BooleanColumn>[]>();
  let firstRow = 0;
  for (const { batch, rows } of sources) {
    for (const column of batch.properties) {
      const place = placesIn(column, rows);
      switch (column.kind) {
        case "string":
          add(strings, { firstRow, column, ...place });
          break;
        case "list":
          add(lists, { firstRow, column, ...place });
          break;
        case "number":
          add(numbers, { firstRow, column, ...place });
          break;
        case "boolean":
          add(booleans, { firstRow, column, ...place });
          break;
      }
    }
    firstRow += rows?.length ?? batch.rowCount;
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

/** Which slots of a column the rows take; undefined rows: all. */
function placesIn(
  { rows: owners }: PropertyColumn,
  selected: Uint32Array | undefined,
): Pick<Part<PropertyColumn>, "picks" | "rows"> {
  if (selected === undefined) return { picks: undefined, rows: owners };
  const { rows, slots } = slotsOfRows(owners, selected);
  return { picks: slots, rows };
}

function comparePlace(left: PropertyColumn, right: PropertyColumn): number {
  if (left.name !== right.name) return left.name < right.name ? -1 : 1;
  return left.kind < right.kind ? -1 : 1;
}

function concatTexts(parts: readonly Part<TextColumn>[], rowCount: number): TextColumn | undefined {
  const interner = createByteInterner();
  const merger = createCodeMerger("zero", interner.intern);
  const place = placeOf(parts, rowCount, {
    absent: 0,
    make: (length) => new Uint32Array(length),
    rawOf: ({ codes }) => codes,
    copy: ({ column: { codes, values }, picks }, target, at) =>
      merger.merge({ codes, picks, table: values }, target, at),
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
    copy: ({ column: { values }, picks }, target, at) => copySlots(values, picks, target, at),
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
    copy: ({ column: { values }, picks }, target, at) => copySlots(values, picks, target, at),
  });
  const name = parts[0]?.column.name;
  if (place === undefined || name === undefined) return undefined;
  return { kind: "boolean", name, rows: place.rows, values: place.slots };
}

function copySlots<S extends Slots>(
  slots: S,
  picks: Uint32Array | undefined,
  target: S,
  at: number,
): void {
  if (picks === undefined) target.set(slots, at);
  else for (let i = 0; i < picks.length; i++) target[at + i] = slots[picks[i] ?? 0] ?? 0;
}

/** Puts the parts into one column, dense or sparse; undefined where no row has a value. */
function placeOf<Column extends PropertyColumn, S extends Slots>(
  parts: readonly Part<Column>[],
  rowCount: number,
  source: SlotSource<Column, S>,
): { readonly rows: Uint32Array | undefined; readonly slots: S } | undefined {
  const { absent } = source;
  let present = 0;
  let slotCountMax = 0;
  for (const { column, picks, rows } of parts) {
    const slots = source.rawOf(column);
    present += rows?.length ?? presentCount(slots, picks, absent);
    slotCountMax = Math.max(slotCountMax, picks?.length ?? slots.length);
  }
  if (present === 0) return undefined;
  const found = source.make(slotCountMax);
  if (present * DENSE_ONE_IN >= rowCount) {
    const slots = source.make(rowCount);
    if (absent !== 0) slots.fill(absent);
    for (const part of parts) {
      if (part.rows === undefined) source.copy(part, slots, part.firstRow);
      else {
        source.copy(part, found, 0);
        scatter(found, part.rows, slots, part.firstRow);
      }
    }
    return { rows: undefined, slots };
  }
  const rows = new Uint32Array(present);
  const slots = source.make(present);
  let at = 0;
  for (const part of parts) {
    source.copy(part, found, 0);
    const count = part.picks?.length ?? source.rawOf(part.column).length;
    for (let i = 0; i < count; i++) {
      const slot = found[i] ?? 0;
      if (!isPresent(slot, absent)) continue;
      rows[at] = part.firstRow + (part.rows === undefined ? i : (part.rows[i] ?? 0));
      slots[at] = slot;
      at++;
    }
  }
  return { rows, slots };
}

function isPresent(slot: number, absent: number): boolean {
  return absent === 0 ? slot !== 0 : !Number.isNaN(slot);
}

function presentCount(slots: Slots, picks: Uint32Array | undefined, absent: number): number {
  const total = picks?.length ?? slots.length;
  let count = 0;
  for (let i = 0; i < total; i++) {
    const slot = slots[picks === undefined ? i : (picks[i] ?? 0)] ?? 0;
    if (isPresent(slot, absent)) count++;
  }
  return count;
}

function scatter<S extends Slots>(slots: S, rows: Uint32Array, target: S, firstRow: number): void {
  for (let i = 0; i < rows.length; i++) target[firstRow + (rows[i] ?? 0)] = slots[i] ?? 0;
}
