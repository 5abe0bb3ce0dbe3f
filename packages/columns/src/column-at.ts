import type { PropertyValue } from "@shale/model";
import type { BooleanColumn, NumberColumn, PropertyColumn, TextColumn } from "./event-batch.ts";
import { textAt } from "./text-table.ts";

/** A property as an event holds it; lists come back as lists. */
export type StoredValue = Exclude<PropertyValue, null>;

/** The value of a row, undefined where it has none. For the rim: a loop reads the arrays. */
export function columnAt(column: PropertyColumn, row: number): StoredValue | undefined {
  const slot = slotOf(column.rows, row);
  switch (column.kind) {
    case "string":
    case "list": {
      const code = slot === undefined ? 0 : (column.codes[slot] ?? 0);
      if (code === 0) return undefined;
      const text = textAt(column.values, code - 1);
      return column.kind === "string" ? text : (JSON.parse(text) as StoredValue);
    }
    case "number": {
      const value = slot === undefined ? Number.NaN : (column.values[slot] ?? Number.NaN);
      return Number.isNaN(value) ? undefined : value;
    }
    case "boolean": {
      const value = slot === undefined ? 0 : (column.values[slot] ?? 0);
      return value === 0 ? undefined : value === 2;
    }
  }
}

/** The slot of a row, undefined where a sparse column has none. */
function slotOf(rows: Uint32Array | undefined, row: number): number | undefined {
  if (rows === undefined) return row;
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((rows[middle] ?? 0) < row) low = middle + 1;
    else high = middle;
  }
  return rows[low] === row ? low : undefined;
}

/** The column with one slot a row, absent ones marked; a dense column is given back as it is. */
export function denseColumn(column: TextColumn, rowCount: number): TextColumn;
export function denseColumn(column: NumberColumn, rowCount: number): NumberColumn;
export function denseColumn(column: BooleanColumn, rowCount: number): BooleanColumn;
export function denseColumn(column: PropertyColumn, rowCount: number): PropertyColumn;
export function denseColumn(column: PropertyColumn, rowCount: number): PropertyColumn {
  const { rows } = column;
  if (rows === undefined) return column;
  switch (column.kind) {
    case "string":
    case "list": {
      const codes = new Uint32Array(rowCount);
      for (let i = 0; i < rows.length; i++) codes[rows[i] ?? 0] = column.codes[i] ?? 0;
      return { ...column, rows: undefined, codes };
    }
    case "number": {
      const values = new Float64Array(rowCount).fill(Number.NaN);
      for (let i = 0; i < rows.length; i++) values[rows[i] ?? 0] = column.values[i] ?? 0;
      return { ...column, rows: undefined, values };
    }
    case "boolean": {
      const values = new Uint8Array(rowCount);
      for (let i = 0; i < rows.length; i++) values[rows[i] ?? 0] = column.values[i] ?? 0;
      return { ...column, rows: undefined, values };
    }
  }
}
