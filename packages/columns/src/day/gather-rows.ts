import { concatEvents, concatUsers } from "../concat/concat-dictionaries.ts";
import { concatProperties } from "../concat/concat-properties.ts";
import { selectRows } from "../select-rows.ts";
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
  const batches = sources.map(selected);
  let rowCount = 0;
  for (const batch of batches) rowCount += batch.rowCount;
  return {
    rowCount,
    ...concatUsers(batches, rowCount),
    ...concatEvents(batches, rowCount),
    ...concatPlaces(batches, rowCount),
    insertIds: concatInsertIds(batches, rowCount),
    properties: concatProperties(batches, rowCount),
  };
}

function selected({ batch, rows }: RowSource): StoredBatch {
  const ascending = isAscending(rows) ? rows : rows.slice().sort();
  if (ascending.length === batch.rowCount) return batch;
  return selectRows(batch, ascending);
}

function isAscending(rows: Uint32Array): boolean {
  for (let i = 1; i < rows.length; i++) if ((rows[i - 1] ?? 0) >= (rows[i] ?? 0)) return false;
  return true;
}

function concatPlaces(
  batches: readonly StoredBatch[],
  rowCount: number,
): Pick<StoredBatch, "timesMs" | "seqs" | "writers" | "generations"> {
  const timesMs = new Float64Array(rowCount);
  const seqs = new Float64Array(rowCount);
  const writers = new Float64Array(rowCount);
  const generations = new Uint32Array(rowCount);
  let row = 0;
  for (const batch of batches) {
    timesMs.set(batch.timesMs, row);
    seqs.set(batch.seqs, row);
    writers.set(batch.writers, row);
    generations.set(batch.generations, row);
    row += batch.rowCount;
  }
  return { timesMs, seqs, writers, generations };
}
