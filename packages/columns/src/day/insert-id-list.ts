import { invariant } from "@shale/model";
import type { RowPart } from "../concat/concat-dictionaries.ts";
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

/** The ids of all parts, one part behind the other. */
export function concatInsertIds(
  parts: readonly RowPart<StoredBatch>[],
  rowCount: number,
): InsertIdList {
  const places = new Uint32Array(3 * rowCount);
  let at = 0;
  parts.forEach(({ batch, rows }, part) => {
    const { offsets } = batch.insertIds;
    const codes = batch.insertIdCodes;
    const count = rows?.length ?? codes.length;
    for (let i = 0; i < count; i++, at += 3) {
      const code = codes[rows === undefined ? i : (rows[i] ?? 0)] ?? 0;
      if (code === 0) continue;
      const start = offsets[code - 1] ?? 0;
      places[at] = 1 + (offsets[code] ?? 0) - start;
      places[at + 1] = start;
      places[at + 2] = part;
    }
  });
  return { parts: parts.map(({ batch }) => batch.insertIds.bytes), places };
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
