import { invariant } from "@shale/model";
import type { StoredBatch } from "../stored-batch.ts";
import type { TextTable } from "../text-table.ts";
import { createBytesCopier } from "../text-table.ts";

/** Stored insert ids of rows that come from several batches, where they stand there. */
export interface InsertIdList {
  /** Bytes of the batches' ids. */
  readonly parts: readonly Uint8Array[];
  /**
   * Three numbers a row, side by side since rows are taken in any order: 1 + the length of its id,
   * 0 where it has none, then where the id begins, then in which of the parts.
   */
  readonly places: Uint32Array;
}

const TABLE_BYTES_MAX = 0xffff_ffff;

/** The ids of all batches, one batch behind the other. */
export function concatInsertIds(batches: readonly StoredBatch[], rowCount: number): InsertIdList {
  const places = new Uint32Array(3 * rowCount);
  let at = 0;
  batches.forEach(({ insertIds: { offsets }, insertIdCodes }, part) => {
    for (let row = 0; row < insertIdCodes.length; row++, at += 3) {
      const code = insertIdCodes[row] ?? 0;
      if (code === 0) continue;
      const start = offsets[code - 1] ?? 0;
      places[at] = 1 + (offsets[code] ?? 0) - start;
      places[at + 1] = start;
      places[at + 2] = part;
    }
  });
  return { parts: batches.map(({ insertIds }) => insertIds.bytes), places };
}

/** The ids in the order of `rows`, those that a row has, one behind the other, equal ones too. */
export function placeInsertIds(
  { parts, places }: InsertIdList,
  rows: Uint32Array,
): { readonly insertIds: TextTable; readonly insertIdCodes: Uint32Array } {
  const insertIdCodes = new Uint32Array(rows.length);
  const offsets = new Uint32Array(rows.length + 1);
  const starts = new Uint32Array(rows.length);
  const partOf = new Uint32Array(rows.length);
  let count = 0;
  let byteLength = 0;
  for (let i = 0; i < rows.length; i++) {
    const place = 3 * (rows[i] ?? 0);
    const length = (places[place] ?? 0) - 1;
    if (length < 0) continue;
    starts[count] = places[place + 1] ?? 0;
    partOf[count] = places[place + 2] ?? 0;
    byteLength += length;
    invariant(byteLength <= TABLE_BYTES_MAX, "a text table holds less than 4 GiB");
    insertIdCodes[i] = ++count;
    offsets[count] = byteLength;
  }
  const bytes = new Uint8Array(byteLength);
  const copiers = parts.map((part) => createBytesCopier(part, bytes));
  for (let i = 0; i < count; i++) {
    const at = offsets[i] ?? 0;
    copiers[partOf[i] ?? 0]?.(starts[i] ?? 0, at, (offsets[i + 1] ?? 0) - at);
  }
  return { insertIds: { count, bytes, offsets: offsets.slice(0, count + 1) }, insertIdCodes };
}
