import type { EventBatch, LoggedBatch } from "./event-batch.ts";
import type { StoredBatch } from "./stored-batch.ts";
import type { TextTable } from "./text-table.ts";

/** Objects and array headers around the bytes of a batch and of one column, roughly. */
const BATCH_OVERHEAD_BYTES = 2048;
const COLUMN_OVERHEAD_BYTES = 512;

/**
 * Memory that the batch takes, in bytes; an estimate for budgets. What several batches share, or
 * what lies unused in the bytes that a decoded batch is a view on, is not known here.
 */
export function batchBytes(batch: EventBatch | LoggedBatch | StoredBatch): number {
  let sum = BATCH_OVERHEAD_BYTES;
  sum += "seqs" in batch ? batch.seqs.byteLength : 0;
  sum += "writers" in batch ? batch.writers.byteLength + batch.generations.byteLength : 0;
  sum += batch.timesMs.byteLength;
  sum += batch.userCodes.byteLength + batch.eventCodes.byteLength + batch.insertIdCodes.byteLength;
  sum += batch.users.hashHigh.byteLength + batch.users.hashLow.byteLength;
  sum += tableBytes(batch.users.ids) + tableBytes(batch.events) + tableBytes(batch.insertIds);
  for (const column of batch.properties) {
    sum += COLUMN_OVERHEAD_BYTES + 2 * column.name.length + (column.rows?.byteLength ?? 0);
    if (column.kind === "number" || column.kind === "boolean") sum += column.values.byteLength;
    else sum += column.codes.byteLength + tableBytes(column.values);
  }
  return sum;
}

function tableBytes({ bytes, offsets }: TextTable): number {
  return bytes.byteLength + offsets.byteLength;
}
