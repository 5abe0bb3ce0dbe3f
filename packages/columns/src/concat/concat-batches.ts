import { invariant } from "@shale/model";
import type { LoggedBatch } from "../event-batch.ts";
import type { TextTable } from "../text-table.ts";
import { concatEvents, concatUsers } from "./concat-dictionaries.ts";
import { concatProperties } from "./concat-properties.ts";

/** Offsets are unsigned 32-bit numbers. */
const TABLE_BYTES_MAX = 0xffff_ffff;

/**
 * The rows of all batches as one batch, in order. Dictionaries are merged by bytes and hold only
 * what a row needs, but for insert ids, which are kept as they are; properties are merged by name
 * and kind, and those without a value left out.
 *
 * One batch alone is given back as it is.
 *
 * @param batches One at least, of one writer, the seqs of each above those of the one before.
 */
export function concatBatches(batches: readonly LoggedBatch[]): LoggedBatch {
  const [first] = batches;
  invariant(first !== undefined, "there is a batch to begin with");
  if (batches.length === 1) return first;
  const rowCount = checkOrder(batches, first);
  const parts = batches.map((batch) => ({ batch, rows: undefined }));
  return {
    writer: first.writer,
    rowCount,
    ...concatRows(batches, rowCount),
    ...concatUsers(parts, rowCount),
    ...concatEvents(parts, rowCount),
    ...concatInsertIds(batches, rowCount),
    properties: concatProperties(parts, rowCount),
  };
}

function checkOrder(batches: readonly LoggedBatch[], first: LoggedBatch): number {
  let rowCount = 0;
  let lastSeq = 0;
  for (const { writer, seqs, rowCount: batchRows } of batches) {
    invariant(writer === first.writer, `batches of one writer: ${writer}, ${first.writer}`);
    const firstSeq = seqs[0] ?? Infinity;
    invariant(firstSeq > lastSeq, `seqs rise from batch to batch: ${lastSeq}, ${firstSeq}`);
    lastSeq = seqs[batchRows - 1] ?? lastSeq;
    rowCount += batchRows;
  }
  return rowCount;
}

function concatRows(
  batches: readonly LoggedBatch[],
  rowCount: number,
): Pick<LoggedBatch, "seqs" | "timesMs"> {
  const seqs = new Float64Array(rowCount);
  const timesMs = new Float64Array(rowCount);
  let row = 0;
  for (const batch of batches) {
    seqs.set(batch.seqs, row);
    timesMs.set(batch.timesMs, row);
    row += batch.rowCount;
  }
  return { seqs, timesMs };
}

/** Insert ids are seldom equal, so their tables are put one behind the other and not merged. */
function concatInsertIds(
  batches: readonly LoggedBatch[],
  rowCount: number,
): Pick<LoggedBatch, "insertIds" | "insertIdCodes"> {
  const insertIds = joinedTable(batches.map((batch) => batch.insertIds));
  const insertIdCodes = new Uint32Array(rowCount);
  let row = 0;
  let base = 0;
  let current: TextTable | undefined;
  for (const batch of batches) {
    if (current !== undefined && batch.insertIds !== current) base += current.count;
    current = batch.insertIds;
    const codes = batch.insertIdCodes;
    for (let i = 0; i < codes.length; i++) {
      const code = codes[i] ?? 0;
      insertIdCodes[row + i] = code === 0 ? 0 : base + code;
    }
    row += batch.rowCount;
  }
  return { insertIds, insertIdCodes };
}

/** All tables one behind the other; one that follows itself is taken once. */
function joinedTable(all: readonly TextTable[]): TextTable {
  const tables = all.filter((table, index) => table !== all[index - 1]);
  let count = 0;
  let byteLength = 0;
  for (const table of tables) {
    count += table.count;
    byteLength += table.offsets[table.count] ?? 0;
  }
  invariant(byteLength <= TABLE_BYTES_MAX, "a text table holds less than 4 GiB");
  const bytes = new Uint8Array(byteLength);
  const offsets = new Uint32Array(count + 1);
  let at = 0;
  let index = 0;
  for (const table of tables) {
    const end = table.offsets[table.count] ?? 0;
    bytes.set(end === table.bytes.length ? table.bytes : table.bytes.subarray(0, end), at);
    for (let i = 1; i <= table.count; i++) offsets[index + i] = at + (table.offsets[i] ?? 0);
    at += end;
    index += table.count;
  }
  return { count, bytes, offsets };
}
