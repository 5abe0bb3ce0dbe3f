import { invariant } from "@shale/model";
import type { TextTable } from "../text-table.ts";
import { compareTexts, copyText } from "../text-table.ts";

/** Stored insert ids of rows that come from several batches. */
export interface InsertIdList {
  readonly tables: readonly TextTable[];
  /** By row, which of the tables. */
  readonly parts: Uint32Array;
  /** 0 = absent, else 1 + index in the row's table. */
  readonly codes: Uint32Array;
}

const TABLE_BYTES_MAX = 0xffff_ffff;

const encoder = new TextEncoder();

/** The ids in the order of `rows`, those that a row has, one behind the other, equal ones too. */
export function insertIdsOf(
  { tables, parts, codes }: InsertIdList,
  rows: Uint32Array,
): { readonly insertIds: TextTable; readonly insertIdCodes: Uint32Array } {
  const insertIdCodes = new Uint32Array(rows.length);
  const offsets = new Float64Array(rows.length + 1);
  let count = 0;
  let byteLength = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] ?? 0;
    const code = codes[row] ?? 0;
    if (code === 0) continue;
    const table = tables[parts[row] ?? 0];
    if (table === undefined) continue;
    byteLength += (table.offsets[code] ?? 0) - (table.offsets[code - 1] ?? 0);
    insertIdCodes[i] = ++count;
    offsets[count] = byteLength;
  }
  invariant(byteLength <= TABLE_BYTES_MAX, "a text table holds less than 4 GiB");
  const bytes = new Uint8Array(byteLength);
  for (let i = 0; i < rows.length; i++) {
    const index = insertIdCodes[i] ?? 0;
    const row = rows[i] ?? 0;
    const table = tables[parts[row] ?? 0];
    if (index === 0 || table === undefined) continue;
    copyText(table, (codes[row] ?? 0) - 1, bytes, offsets[index - 1] ?? 0);
  }
  return {
    insertIds: { count, bytes, offsets: Uint32Array.from(offsets.subarray(0, count + 1)) },
    insertIdCodes,
  };
}

/** What of a row names it: its stored insert id, and its place in a log. */
export interface RowNames {
  readonly insertIds: InsertIdList;
  readonly seqs: Float64Array;
  readonly writers: Float64Array;
}

/**
 * Compares two rows by the insert id that is shown, bytewise, then by seq and writer. A row without
 * a stored id shows `~<writer>-<seq>` (protocol R3).
 */
export function compareRowNames(names: RowNames, left: number, right: number): number {
  const { seqs, writers } = names;
  const order = compareShownIds(names, left, right);
  if (order !== 0) return order;
  const later = (seqs[left] ?? 0) - (seqs[right] ?? 0);
  return later !== 0 ? later : (writers[left] ?? 0) - (writers[right] ?? 0);
}

function compareShownIds(names: RowNames, left: number, right: number): number {
  const { insertIds, seqs, writers } = names;
  const { codes, tables, parts } = insertIds;
  const leftCode = codes[left] ?? 0;
  const rightCode = codes[right] ?? 0;
  const leftSeq = seqs[left] ?? 0;
  const rightSeq = seqs[right] ?? 0;
  if (leftCode === 0 && rightCode === 0 && writers[left] === writers[right]) {
    // Numbers of equally many digits stand in their own order: no text is made for nearly all.
    if (digitCount(leftSeq) === digitCount(rightSeq)) return leftSeq - rightSeq;
  }
  const leftTable = tables[parts[left] ?? 0];
  const rightTable = tables[parts[right] ?? 0];
  if (leftCode !== 0 && rightCode !== 0 && leftTable !== undefined && rightTable !== undefined) {
    return compareTexts(leftTable, leftCode - 1, rightTable, rightCode - 1);
  }
  return compareTexts(shownId(names, left), 0, shownId(names, right), 0);
}

function shownId({ insertIds, seqs, writers }: RowNames, row: number): TextTable {
  const code = insertIds.codes[row] ?? 0;
  const table = insertIds.tables[insertIds.parts[row] ?? 0];
  if (code !== 0 && table !== undefined) {
    const bytes = table.bytes.subarray(table.offsets[code - 1], table.offsets[code]);
    return { count: 1, bytes, offsets: Uint32Array.of(0, bytes.length) };
  }
  const bytes = encoder.encode(`~${writers[row] ?? 0}-${seqs[row] ?? 0}`);
  return { count: 1, bytes, offsets: Uint32Array.of(0, bytes.length) };
}

function digitCount(value: number): number {
  let count = 1;
  for (let limit = 10; value >= limit; limit *= 10) count++;
  return count;
}
