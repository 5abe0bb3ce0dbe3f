import type { LoggedBatch, UserTable } from "@shale/columns";
import { writerOrdinal } from "@shale/model";
import { checkVersion, corrupt } from "../damage.ts";
import { alignedBytes, checkPlatform, readU64, viewOf } from "../little-endian.ts";
import { BATCH_HEADER_BYTES, BATCH_MAGIC, BATCH_VERSION } from "./batch-layout.ts";
import { readCodes } from "./code-section.ts";
import { readProperties } from "./property-sections.ts";
import { readSeqs, readTimes } from "./row-sections.ts";
import { openSections, type SectionCursor } from "./section-cursor.ts";
import { readTexts } from "./text-sections.ts";

interface BatchHeader {
  readonly writer: number;
  readonly rowCount: number;
  readonly propertyCount: number;
}

export interface DecodeBatchOptions {
  /** What is decoded, for messages: "tail object default/tail/…". Default "batch". */
  readonly source?: string | undefined;
}

/**
 * The batch that `encodeBatch` made, checked so that no later use of it can fail: codes stand in
 * their dictionaries, texts are UTF-8, rows and seqs rise, times are dates.
 *
 * Columns are views on `bytes` where the layout allows, so `bytes` must not change afterwards.
 * Bytes that do not start on a multiple of 8 in their buffer are copied once.
 *
 * @throws {ShaleError} OBJECT_CORRUPT for anything that `encodeBatch` does not write,
 *   FORMAT_UNKNOWN for a later version or a codec that is not known
 * @see docs/formats/batch.md
 */
export function decodeBatch(bytes: Uint8Array, options: DecodeBatchOptions = {}): LoggedBatch {
  checkPlatform();
  const source = options.source ?? "batch";
  const aligned = alignedBytes(bytes);
  const { writer, rowCount, propertyCount } = readBatchHeader(source, aligned);
  const cursor = openSections(source, aligned, BATCH_HEADER_BYTES);
  const seqs = readSeqs(cursor, rowCount);
  const timesMs = readTimes(cursor, rowCount);
  const users = readUsers(cursor);
  const userCodes = readCodes(cursor, rowCount, { least: 0, greatest: users.ids.count - 1 });
  const events = readTexts(cursor);
  const eventCodes = readCodes(cursor, rowCount, { least: 0, greatest: events.count - 1 });
  const insertIds = readTexts(cursor);
  const insertIdCodes = readCodes(cursor, rowCount, { least: 0, greatest: insertIds.count });
  const properties = readProperties(cursor, propertyCount, rowCount);
  cursor.end();
  return {
    writer: writerOrdinal(writer),
    rowCount,
    seqs,
    timesMs,
    users,
    userCodes,
    events,
    eventCodes,
    insertIds,
    insertIdCodes,
    properties,
  };
}

function readBatchHeader(source: string, bytes: Uint8Array): BatchHeader {
  if (bytes.length < BATCH_HEADER_BYTES) {
    throw corrupt(source, `a batch has at least ${BATCH_HEADER_BYTES} bytes, not ${bytes.length}`);
  }
  const view = viewOf(bytes);
  if (view.getUint32(0, true) !== BATCH_MAGIC)
    throw corrupt(source, 'it does not start with "SHLB"');
  checkVersion(source, view.getUint16(4, true), BATCH_VERSION);
  if (view.getUint16(6, true) !== 0 || view.getUint32(28, true) !== 0) {
    throw corrupt(source, "a reserved field of its header is not zero");
  }
  const writer = readU64(view, 8);
  const rowCount = view.getUint32(16, true);
  const propertyCount = view.getUint32(20, true);
  const sizeBytes = view.getUint32(24, true);
  if (sizeBytes !== bytes.length) {
    throw corrupt(source, `its header counts ${sizeBytes} bytes of ${bytes.length}`);
  }
  if (!Number.isSafeInteger(writer) || writer < 1) throw corrupt(source, `its writer is ${writer}`);
  // A row takes bytes in every section of codes: more rows would only exhaust the memory.
  if (rowCount > bytes.length || propertyCount > bytes.length) {
    throw corrupt(source, `${bytes.length} bytes hold no ${rowCount} rows`);
  }
  return { writer, rowCount, propertyCount };
}

function readUsers(cursor: SectionCursor): UserTable {
  const ids = readTexts(cursor);
  const { bytes } = cursor.next("userHashes", { widths: [8], count: ids.count });
  return {
    ids,
    hashHigh: new Uint32Array(bytes.buffer, bytes.byteOffset, ids.count),
    hashLow: new Uint32Array(bytes.buffer, bytes.byteOffset + 4 * ids.count, ids.count),
  };
}
