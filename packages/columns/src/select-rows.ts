import { invariant } from "@shale/model";
import type { EventBatch, LoggedBatch, PropertyColumn } from "./event-batch.ts";
import type { StoredBatch } from "./stored-batch.ts";

/** Below one selected row in so many slots, each is searched for. */
const SEARCH_ONE_IN = 16;

/**
 * The given rows as a batch of the same kind, in the same order. Dictionaries are shared with
 * `batch`, so they may hold what no row needs; columns stay dense or sparse as they are.
 *
 * @param rows Strictly ascending, each below `batch.rowCount`.
 */
export function selectRows(batch: LoggedBatch, rows: Uint32Array): LoggedBatch;
export function selectRows(batch: StoredBatch, rows: Uint32Array): StoredBatch;
export function selectRows(batch: EventBatch, rows: Uint32Array): EventBatch;
export function selectRows(
  batch: EventBatch | LoggedBatch | StoredBatch,
  rows: Uint32Array,
): EventBatch | LoggedBatch | StoredBatch {
  let previous = -1;
  let isAscending = true;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] ?? 0;
    if (row <= previous || row >= batch.rowCount) isAscending = false;
    previous = row;
  }
  invariant(isAscending, "rows ascend, each below the number of rows");
  const selected: EventBatch = {
    rowCount: rows.length,
    users: batch.users,
    userCodes: codesAt(batch.userCodes, rows),
    events: batch.events,
    eventCodes: codesAt(batch.eventCodes, rows),
    timesMs: doublesAt(batch.timesMs, rows),
    insertIdCodes: codesAt(batch.insertIdCodes, rows),
    insertIds: batch.insertIds,
    properties: batch.properties.map((column) => columnOf(column, rows)),
  };
  if (!("seqs" in batch)) return selected;
  const seqs = doublesAt(batch.seqs, rows);
  if ("writer" in batch) return { ...selected, writer: batch.writer, seqs };
  const writers = doublesAt(batch.writers, rows);
  return { ...selected, seqs, writers, generations: codesAt(batch.generations, rows) };
}

function columnOf(column: PropertyColumn, selected: Uint32Array): PropertyColumn {
  const { rows, slots } = slotsOfRows(column.rows, selected);
  switch (column.kind) {
    case "string":
    case "list":
      return { ...column, rows, codes: codesAt(column.codes, slots) };
    case "number":
      return { ...column, rows, values: doublesAt(column.values, slots) };
    case "boolean":
      return { ...column, rows, values: bytesAt(column.values, slots) };
  }
}

/**
 * Which slots of a column are wanted, and for a sparse one, whose `rows` are given, to which of the
 * selected rows they belong.
 */
export function slotsOfRows(
  rows: Uint32Array | undefined,
  selected: Uint32Array,
): { readonly rows: Uint32Array | undefined; readonly slots: Uint32Array } {
  if (rows === undefined) return { rows, slots: selected };
  const newRows = new Uint32Array(Math.min(rows.length, selected.length));
  const slots = new Uint32Array(newRows.length);
  let count = 0;
  let slot = 0;
  const isSearched = selected.length * SEARCH_ONE_IN < rows.length;
  for (let i = 0; slot < rows.length && i < selected.length; ) {
    const wanted = selected[i] ?? 0;
    if (isSearched) slot = slotFrom(rows, slot, wanted);
    const row = rows[slot] ?? Infinity;
    if (row === wanted) {
      newRows[count] = i;
      slots[count] = slot;
      count++;
    }
    if (row <= wanted) slot++;
    if (wanted <= row) i++;
  }
  return { rows: newRows.slice(0, count), slots: slots.slice(0, count) };
}

/** The first slot from `low` on whose row is `wanted` or later. */
function slotFrom(rows: Uint32Array, low: number, wanted: number): number {
  let [from, to] = [low, rows.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((rows[middle] ?? 0) < wanted) from = middle + 1;
    else to = middle;
  }
  return from;
}

function codesAt(source: Uint32Array, slots: Uint32Array): Uint32Array {
  const target = new Uint32Array(slots.length);
  for (let i = 0; i < slots.length; i++) target[i] = source[slots[i] ?? 0] ?? 0;
  return target;
}

function doublesAt(source: Float64Array, slots: Uint32Array): Float64Array {
  const target = new Float64Array(slots.length);
  for (let i = 0; i < slots.length; i++) target[i] = source[slots[i] ?? 0] ?? 0;
  return target;
}

function bytesAt(source: Uint8Array, slots: Uint32Array): Uint8Array {
  const target = new Uint8Array(slots.length);
  for (let i = 0; i < slots.length; i++) target[i] = source[slots[i] ?? 0] ?? 0;
  return target;
}
