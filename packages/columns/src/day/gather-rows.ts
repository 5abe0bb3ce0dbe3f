import { invariant } from "@shale/model";
import { concatEvents, concatUsers, type RowPart } from "../concat/concat-dictionaries.ts";
import { concatProperties } from "../concat/concat-properties.ts";
import type { StoredBatch } from "../stored-batch.ts";
import type { InsertIdList } from "./insert-id-list.ts";
import { concatInsertIds } from "./insert-id-list.ts";

/** Some rows of a batch, in any order. */
export interface RowSource {
  readonly batch: StoredBatch;
  readonly rows: Uint32Array;
}

/** Rows of several batches as one, but for their insert ids, which stay where they are. */
export interface GatheredRows extends Omit<StoredBatch, "insertIds" | "insertIdCodes"> {
  readonly insertIds: InsertIdList;
}

/** The rows of one source behind those of the other; dictionaries hold what a row has. */
export function gatherRows(sources: readonly RowSource[]): GatheredRows {
  const parts = sources.map(partOf);
  let rowCount = 0;
  for (const { batch, rows } of parts) rowCount += rows?.length ?? batch.rowCount;
  return {
    rowCount,
    ...concatUsers(parts, rowCount),
    ...concatEvents(parts, rowCount),
    ...concatPlaces(parts, rowCount),
    insertIds: concatInsertIds(parts, rowCount),
    properties: concatProperties(parts, rowCount),
  };
}

function partOf({ batch, rows }: RowSource): RowPart<StoredBatch> {
  const ascending = isAscending(rows) ? rows : rows.slice().sort();
  const last = ascending[ascending.length - 1] ?? -1;
  invariant(last < batch.rowCount && isAscending(ascending), "a row is taken once");
  return { batch, rows: ascending.length === batch.rowCount ? undefined : ascending };
}

function isAscending(rows: Uint32Array): boolean {
  for (let i = 1; i < rows.length; i++) if ((rows[i - 1] ?? 0) >= (rows[i] ?? 0)) return false;
  return true;
}

function concatPlaces(
  parts: readonly RowPart<StoredBatch>[],
  rowCount: number,
): Pick<StoredBatch, "timesMs" | "seqs" | "writers" | "generations"> {
  const timesMs = new Float64Array(rowCount);
  const seqs = new Float64Array(rowCount);
  const writers = new Float64Array(rowCount);
  const generations = new Uint32Array(rowCount);
  let at = 0;
  for (const { batch, rows } of parts) {
    take(batch.timesMs, rows, timesMs, at);
    take(batch.seqs, rows, seqs, at);
    take(batch.writers, rows, writers, at);
    take(batch.generations, rows, generations, at);
    at += rows?.length ?? batch.rowCount;
  }
  return { timesMs, seqs, writers, generations };
}

function take<Values extends Float64Array | Uint32Array>(
  source: Values,
  rows: Uint32Array | undefined,
  target: Values,
  at: number,
): void {
  if (rows === undefined) target.set(source, at);
  else for (let i = 0; i < rows.length; i++) target[at + i] = source[rows[i] ?? 0] ?? 0;
}
