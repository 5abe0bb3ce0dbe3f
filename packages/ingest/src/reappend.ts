import type { LoggedBatch, TextTable } from "@shale/columns";
import type { WriterOrdinal } from "@shale/model";

const encoder = new TextEncoder();

/**
 * The same rows under another ordinal: seqs stay, and a row without an insert_id stores the one
 * that was derived for it, `~<writer>-<seq>`, so that it keeps its name (W4).
 */
export function reappendedBatchOf(batch: LoggedBatch, writer: WriterOrdinal): LoggedBatch {
  const missing: Uint8Array[] = [];
  const insertIdCodes = new Uint32Array(batch.insertIdCodes);
  for (let row = 0; row < batch.rowCount; row++) {
    if (insertIdCodes[row] !== 0) continue;
    missing.push(encoder.encode(`~${batch.writer}-${batch.seqs[row]}`));
    insertIdCodes[row] = batch.insertIds.count + missing.length;
  }
  return { ...batch, writer, insertIdCodes, insertIds: extendedTable(batch.insertIds, missing) };
}

function extendedTable(table: TextTable, texts: readonly Uint8Array[]): TextTable {
  const tableBytes = table.offsets[table.count] ?? 0;
  const bytes = new Uint8Array(texts.reduce((sum, text) => sum + text.length, tableBytes));
  const offsets = new Uint32Array(table.count + texts.length + 1);
  bytes.set(table.bytes.subarray(0, tableBytes));
  offsets.set(table.offsets.subarray(0, table.count + 1));
  let end = tableBytes;
  for (const [index, text] of texts.entries()) {
    bytes.set(text, end);
    end += text.length;
    offsets[table.count + index + 1] = end;
  }
  return { count: table.count + texts.length, bytes, offsets };
}
