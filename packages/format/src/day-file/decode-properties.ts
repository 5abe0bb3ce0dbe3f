import type {
  BooleanColumn,
  ColumnKind,
  NumberColumn,
  PropertyColumn,
  TextColumn,
  TextTable,
} from "@shale/columns";
import { createByteInterner, createTextTableBuilder } from "@shale/columns";
import { corrupt } from "../damage.ts";
import type { ReadChunk } from "../parquet/chunk-reader.ts";
import { REST_COLUMN } from "./column-names.ts";
import type { ColumnReader } from "./column-reader.ts";
import type { DayFileSelection } from "./day-file.ts";
import { compareColumns } from "./footer-facts.ts";
import type { DayFileIndex } from "./open-day-file.ts";
import { decodeRest, type RestProperty } from "./rest-column.ts";

/** A column is dense when at least one row in this many has a value, as in a built batch. */
const DENSE_ONE_IN = 8;

/** The selected properties, by name and kind. What no selected row has is left out. */
export function decodeProperties(
  { properties }: DayFileIndex,
  selection: DayFileSelection,
  reader: ColumnReader,
): readonly PropertyColumn[] {
  const wanted = selection.properties === "all" ? "all" : new Set(selection.properties);
  const columns: PropertyColumn[] = [];
  let hasRest = false;
  for (const { name, kind, column } of properties) {
    if (wanted !== "all" && !wanted.has(name)) continue;
    if (column === REST_COLUMN) hasRest = true;
    else {
      const decoded = columnOf(name, kind, reader.read(column), reader);
      if (decoded !== undefined) columns.push(decoded);
    }
  }
  if (hasRest) {
    const texts = columnOf(REST_COLUMN, "list", reader.read(REST_COLUMN), reader, "sparse");
    if (texts?.kind === "list" && texts.rows !== undefined) {
      const { rows, codes, values } = texts;
      const rest = decodeRest({ rows, codes, values }, wanted, reader.source);
      for (const property of rest) columns.push(restColumn(property, reader.rowCount));
    }
  }
  return columns.sort(compareColumns);
}

type Form = "dense" | "sparse";

function columnOf(
  name: string,
  kind: ColumnKind,
  chunks: readonly ReadChunk[],
  { rowCount, source }: ColumnReader,
  forced?: Form,
): PropertyColumn | undefined {
  const count = chunks.reduce((sum, chunk) => sum + chunk.count, 0);
  if (count === 0) return undefined;
  const form = forced ?? (count * DENSE_ONE_IN >= rowCount ? "dense" : "sparse");
  const size = form === "dense" ? rowCount : count;
  switch (kind) {
    case "string":
    case "list": {
      const codes = new Uint32Array(size);
      const { table, fill } = textSlots(chunks, codes, source);
      const rows = place(chunks, form, count, fill);
      return { name, kind, rows, codes, values: table() } satisfies TextColumn;
    }
    case "number": {
      const values = new Float64Array(size);
      if (form === "dense" && count < rowCount) values.fill(Number.NaN);
      const rows = place(chunks, form, count, numberSlots(values, source));
      return { name, kind, rows, values } satisfies NumberColumn;
    }
    case "boolean": {
      const values = new Uint8Array(size);
      const rows = place(chunks, form, count, booleanSlots(values, source));
      return { name, kind, rows, values } satisfies BooleanColumn;
    }
  }
}

/** Puts the values of a chunk into slots from `at` on; `present` says which rows have one. */
type Fill = (chunk: ReadChunk, at: number, present: Uint8Array | undefined) => void;

/** Fills the slots; for a sparse column the rows that have one come back. */
function place(
  chunks: readonly ReadChunk[],
  form: Form,
  count: number,
  fill: Fill,
): Uint32Array | undefined {
  const rows = form === "sparse" ? new Uint32Array(count) : undefined;
  let row = 0;
  let slot = 0;
  for (const chunk of chunks) {
    const { present } = chunk;
    if (rows === undefined) fill(chunk, row, present);
    else {
      fill(chunk, slot, undefined);
      for (let i = 0; i < chunk.rows; i++) if (present?.[i] !== 0) rows[slot++] = row + i;
    }
    row += chunk.rows;
  }
  return rows;
}

function textSlots(
  chunks: readonly ReadChunk[],
  codes: Uint32Array,
  source: string,
): { readonly table: () => TextTable; readonly fill: Fill } {
  const interner = createByteInterner();
  const isOnly = chunks.length === 1;
  let single: TextTable | undefined;
  function fill(chunk: ReadChunk, at: number, present: Uint8Array | undefined): void {
    const texts = chunk.values;
    if (texts.kind !== "texts") throw corrupt(source, "a column of texts holds something else");
    const merged = new Uint32Array(texts.table.count);
    if (isOnly && texts.codes !== undefined) {
      single = texts.table;
      for (let i = 0; i < merged.length; i++) merged[i] = i + 1;
    } else {
      for (let i = 0; i < merged.length; i++) merged[i] = 1 + interner.intern(texts.table, i);
    }
    const found = texts.codes;
    const count = present === undefined ? chunk.count : chunk.rows;
    for (let i = 0, value = 0; i < count; i++) {
      if (present !== undefined && present[i] === 0) continue;
      codes[at + i] = merged[found === undefined ? value : (found[value] ?? 0)] ?? 0;
      value++;
    }
  }
  return { table: () => single ?? interner.build(), fill };
}

function numberSlots(target: Float64Array, source: string): Fill {
  return (chunk, at, present) => {
    const numbers = chunk.values;
    if (numbers.kind !== "numbers" || numbers.base !== 0n) {
      throw corrupt(source, "a column of numbers holds something else");
    }
    const { values } = numbers;
    if (present === undefined) target.set(values, at);
    else {
      for (let i = 0, value = 0; i < chunk.rows; i++) {
        if (present[i] !== 0) target[at + i] = values[value++] ?? Number.NaN;
      }
    }
  };
}

function booleanSlots(target: Uint8Array, source: string): Fill {
  return (chunk, at, present) => {
    const booleans = chunk.values;
    if (booleans.kind !== "booleans") {
      throw corrupt(source, "a column of booleans holds something else");
    }
    const { values } = booleans;
    const count = present === undefined ? chunk.count : chunk.rows;
    for (let i = 0, value = 0; i < count; i++) {
      if (present === undefined || present[i] !== 0) target[at + i] = 1 + (values[value++] ?? 0);
    }
  };
}

/** A property of the rest column as a column of its own. */
function restColumn(
  { name, kind, rows: found, values }: RestProperty,
  rowCount: number,
): PropertyColumn {
  const isDense = found.length * DENSE_ONE_IN >= rowCount;
  const size = isDense ? rowCount : found.length;
  const rows = isDense ? undefined : Uint32Array.from(found);
  const slotOf = (index: number): number => (isDense ? (found[index] ?? 0) : index);
  switch (kind) {
    case "string":
    case "list": {
      const texts = createTextTableBuilder();
      const codes = new Uint32Array(size);
      values.forEach((value, index) => {
        const text = typeof value === "string" ? value : JSON.stringify(value);
        codes[slotOf(index)] = 1 + texts.intern(text);
      });
      return { name, kind, rows, codes, values: texts.build() };
    }
    case "number": {
      const numbers = new Float64Array(size).fill(Number.NaN);
      values.forEach((value, index) => {
        numbers[slotOf(index)] = Number(value);
      });
      return { name, kind, rows, values: numbers };
    }
    case "boolean": {
      const booleans = new Uint8Array(size);
      values.forEach((value, index) => {
        booleans[slotOf(index)] = value === true ? 2 : 1;
      });
      return { name, kind, rows, values: booleans };
    }
  }
}
