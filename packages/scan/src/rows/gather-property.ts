import type { PropertyColumn } from "@shale/columns";
import { unreachable } from "@shale/model";
import type { ScanProperty, TextProperty } from "../scan-batch.ts";
import type { DayRows } from "./day-rows.ts";
import type { SourceRows } from "./source-rows.ts";
import { columnsOf } from "./source-rows.ts";

type Gathered = { -readonly [Kind in keyof ScanProperty]: ScanProperty[Kind] };

/** One property over the rows of a day, every kind of it; undefined when no row has it. */
export function gatherProperty(
  name: string,
  day: DayRows,
  sources: readonly SourceRows[],
): ScanProperty | undefined {
  const gathered: Gathered = {
    name,
    string: undefined,
    list: undefined,
    number: undefined,
    boolean: undefined,
  };
  let found = false;
  for (const [index, source] of sources.entries()) {
    const span = { start: day.sourceStarts[index] ?? 0, end: day.sourceStarts[index + 1] ?? 0 };
    for (const column of columnsOf(source.batch, name)) {
      found = gatherColumn(column, { day, source, ...span }, gathered) || found;
    }
  }
  return found ? gathered : undefined;
}

interface Span {
  readonly day: DayRows;
  readonly source: SourceRows;
  readonly start: number;
  readonly end: number;
}

/** True when a row of the span has a value in the column. */
function gatherColumn(column: PropertyColumn, span: Span, target: Gathered): boolean {
  const { rowCount, dictionaries } = span.day;
  switch (column.kind) {
    case "string":
    case "list": {
      const { kind } = column;
      const known = target[kind];
      const codes = known?.codes ?? new Uint32Array(rowCount);
      const translation = span.source.codesIn(dictionaries).textsOf(column);
      const found = copySlots(column, span, (slot, row) => {
        const code = column.codes[slot] ?? 0;
        if (code === 0) return false;
        codes[row] = (translation[code - 1] ?? 0) + 1;
        return true;
      });
      const texts = known?.texts ?? dictionaries.textsOf(kind, column.name);
      const property: TextProperty = { codes, texts };
      if (found) target[kind] = property;
      return found;
    }
    case "number": {
      const values = target.number ?? new Float64Array(rowCount).fill(Number.NaN);
      const found = copySlots(column, span, (slot, row) => {
        const value = column.values[slot] ?? Number.NaN;
        if (Number.isNaN(value)) return false;
        values[row] = value;
        return true;
      });
      if (found) target.number = values;
      return found;
    }
    case "boolean": {
      const values = target.boolean ?? new Uint8Array(rowCount);
      const found = copySlots(column, span, (slot, row) => {
        const value = column.values[slot] ?? 0;
        values[row] = value;
        return value !== 0;
      });
      if (found) target.boolean = values;
      return found;
    }
    default:
      return unreachable(column);
  }
}

/** Calls `copy` for each row of the span that has a slot; true when any call found a value. */
function copySlots(
  { rows }: PropertyColumn,
  { day, start, end }: Span,
  copy: (slot: number, row: number) => boolean,
): boolean {
  const { sourceRows } = day;
  let found = false;
  if (rows === undefined) {
    for (let row = start; row < end; row++) found = copy(sourceRows[row] ?? 0, row) || found;
    return found;
  }
  // Both ascend, so the search goes on from where the last one ended.
  let low = 0;
  for (let row = start; row < end && low < rows.length; row++) {
    const wanted = sourceRows[row] ?? 0;
    low = firstAtOrAbove(rows, wanted, low);
    if (rows[low] === wanted) found = copy(low, row) || found;
  }
  return found;
}

/** The first index from `from` on whose value is at least `wanted`. */
function firstAtOrAbove(rows: Uint32Array, wanted: number, from: number): number {
  let step = 1;
  let low = from;
  while (low + step < rows.length && (rows[low + step] ?? 0) < wanted) {
    low += step;
    step *= 2;
  }
  let high = Math.min(low + step + 1, rows.length);
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((rows[middle] ?? 0) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
