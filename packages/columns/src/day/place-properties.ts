import { invariant } from "@shale/model";
import type { PropertyColumn, TextColumn } from "../event-batch.ts";
import { selectTexts } from "../text-table.ts";
import { ranksOf } from "./user-order.ts";

type Slots = Uint32Array | Float64Array | Uint8Array;

/**
 * The columns with their rows in another order: row i becomes what row order[i] was. Dictionaries
 * are put in order of first row.
 */
export function placeProperties(
  columns: readonly PropertyColumn[],
  order: Uint32Array,
): readonly PropertyColumn[] {
  const isSparse = columns.some(({ rows }) => rows !== undefined);
  const ranks = isSparse ? ranksOf(order) : order;
  return columns.map((column) => placeColumn(column, order, ranks));
}

function placeColumn(
  column: PropertyColumn,
  order: Uint32Array,
  ranks: Uint32Array,
): PropertyColumn {
  const place = column.rows === undefined ? undefined : placeSlots(column.rows, ranks);
  const rows = place?.rows;
  const slots = place?.slots ?? order;
  switch (column.kind) {
    case "string":
    case "list":
      return placeTexts(column, rows, slots);
    case "number":
      return {
        ...column,
        rows,
        values: moved(column.values, slots, new Float64Array(slots.length)),
      };
    case "boolean":
      return { ...column, rows, values: moved(column.values, slots, new Uint8Array(slots.length)) };
  }
}

/** New rows of a sparse column, ascending, and which slot of the old one stands in each. */
function placeSlots(
  rows: Uint32Array,
  ranks: Uint32Array,
): { readonly rows: Uint32Array; readonly slots: Uint32Array } {
  const count = rows.length;
  invariant(ranks.length * count < 2 ** 53, "a row and a slot fit in one number");
  const packed = new Float64Array(count);
  for (let slot = 0; slot < count; slot++)
    packed[slot] = (ranks[rows[slot] ?? 0] ?? 0) * count + slot;
  packed.sort();
  const newRows = new Uint32Array(count);
  const slots = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    const both = packed[i] ?? 0;
    const row = Math.floor(both / count);
    newRows[i] = row;
    slots[i] = both - row * count;
  }
  return { rows: newRows, slots };
}

function placeTexts(
  column: TextColumn,
  rows: Uint32Array | undefined,
  slots: Uint32Array,
): TextColumn {
  const { values } = column;
  const codes = new Uint32Array(slots.length);
  const newCodes = new Uint32Array(values.count + 1);
  const used = new Uint32Array(values.count);
  let count = 0;
  for (let i = 0; i < slots.length; i++) {
    const old = column.codes[slots[i] ?? 0] ?? 0;
    if (old === 0) continue;
    let code = newCodes[old] ?? 0;
    if (code === 0) {
      used[count++] = old - 1;
      code = count;
      newCodes[old] = code;
    }
    codes[i] = code;
  }
  return { ...column, rows, codes, values: selectTexts(values, used.subarray(0, count)) };
}

function moved<S extends Slots>(source: S, slots: Uint32Array, target: S): S {
  for (let i = 0; i < slots.length; i++) target[i] = source[slots[i] ?? 0] ?? 0;
  return target;
}
