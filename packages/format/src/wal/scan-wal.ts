import { crc32 } from "node:zlib";
import type { LoggedBatch } from "@shale/columns";
import { ShaleError } from "@shale/model";
import { decodeBatch } from "../batch/decode-batch.ts";
import { alignedBytes, viewOf } from "../little-endian.ts";
import {
  decodeWalFileHeader,
  WAL_FILE_HEADER_BYTES,
  type WalFileHeader,
} from "./wal-file-header.ts";
import {
  markOf,
  recordHeaderAt,
  WAL_RECORD_HEADER_BYTES,
  type WalRecordHeader,
} from "./wal-record.ts";

/** What a log file holds after its torn tail, if any, is left out. */
export interface WalScan {
  /** undefined: the file was torn before its header was whole, and holds nothing. */
  readonly header: WalFileHeader | undefined;
  readonly records: readonly ScannedRecord[];
  /** Bytes up to the end of the last record. */
  readonly validBytes: number;
  /** Bytes behind that, of records that nobody was told of. */
  readonly tornBytes: number;
}
export interface ScannedRecord {
  /** Where the record starts in the file. */
  readonly offsetBytes: number;
  readonly batch: LoggedBatch;
}

/**
 * Reads the records of a log file in order, up to the first damaged place.
 *
 * Damage below the greatest `durable` of any undamaged record header, before or after it, destroyed
 * what was fsynced: that is corruption. Damage above it is a torn tail and is left out (W1).
 * Batches are views on `bytes`, which must not change afterwards.
 *
 * @throws {ShaleError} WAL_CORRUPT; FORMAT_UNKNOWN for a file of a later version. Both name `file`
 * @see docs/formats/wal.md
 */
export function scanWal(bytes: Uint8Array, { file }: { readonly file: string }): WalScan {
  const aligned = alignedBytes(bytes);
  const header = decodeWalFileHeader(aligned, file);
  if (header === undefined) return scanHeadless(aligned, file);
  const mark = markOf(header.nonce);
  const view = viewOf(aligned);
  const records: ScannedRecord[] = [];
  let at = WAL_FILE_HEADER_BYTES;
  let durableBytes = 0;
  let lastSeq = 0;
  while (at < aligned.length) {
    const found = recordHeaderAt(view, at, mark);
    if (found === undefined) break;
    // A whole header tells what was fsynced even where its own payload did not get that far.
    durableBytes = Math.max(durableBytes, found.durableBytes);
    const payload = payloadOf(aligned, found);
    if (payload === undefined) break;
    const batch = decodePayload(payload, file, at);
    lastSeq = checkOrder(batch, header, lastSeq, { file, offsetBytes: at });
    records.push({ offsetBytes: at, batch });
    at += WAL_RECORD_HEADER_BYTES + found.payloadBytes;
  }
  for (const later of recordHeadersFrom(view, at, mark)) {
    durableBytes = Math.max(durableBytes, later.durableBytes);
  }
  if (durableBytes > at) {
    throw walCorrupt(file, at, `it is damaged there, and was fsynced up to offset ${durableBytes}`);
  }
  return { header, records, validBytes: at, tornBytes: aligned.length - at };
}

/** A file whose header is damaged is empty if it was never written behind its header. */
function scanHeadless(bytes: Uint8Array, file: string): WalScan {
  for (const { offsetBytes } of recordHeadersFrom(viewOf(bytes), 0, undefined)) {
    throw walCorrupt(
      file,
      0,
      `its header is damaged, and a record starts at offset ${offsetBytes}`,
    );
  }
  return { header: undefined, records: [], validBytes: 0, tornBytes: bytes.length };
}

/** Undamaged record headers at or after `offsetBytes`: records start at multiples of 8. */
function* recordHeadersFrom(
  view: DataView,
  offsetBytes: number,
  mark: string | undefined,
): Generator<WalRecordHeader> {
  for (let at = offsetBytes; at + WAL_RECORD_HEADER_BYTES <= view.byteLength; at += 8) {
    const found = recordHeaderAt(view, at, mark);
    if (found !== undefined) yield found;
  }
}

function payloadOf(bytes: Uint8Array, header: WalRecordHeader): Uint8Array | undefined {
  const start = header.offsetBytes + WAL_RECORD_HEADER_BYTES;
  const payload = bytes.subarray(start, start + header.payloadBytes);
  if (payload.length !== header.payloadBytes) return undefined;
  return crc32(payload) === header.payloadCrc ? payload : undefined;
}

function decodePayload(payload: Uint8Array, file: string, offsetBytes: number): LoggedBatch {
  try {
    return decodeBatch(payload, { source: `the record at offset ${offsetBytes} of ${file}` });
  } catch (error) {
    if (!(error instanceof ShaleError) || error.code !== "OBJECT_CORRUPT") throw error;
    throw walCorrupt(file, offsetBytes, "its checksum is right, but its batch is not", error);
  }
}

/** @returns The greatest seq so far. */
function checkOrder(
  batch: LoggedBatch,
  header: WalFileHeader,
  lastSeq: number,
  place: { readonly file: string; readonly offsetBytes: number },
): number {
  const { file, offsetBytes } = place;
  if (batch.writer !== header.writer) {
    throw walCorrupt(file, offsetBytes, `writer ${batch.writer} wrote in ${header.writer}'s log`);
  }
  const first = batch.seqs[0] ?? Infinity;
  if (first <= lastSeq) {
    throw walCorrupt(file, offsetBytes, `seq ${first} does not follow ${lastSeq}`);
  }
  return batch.seqs.at(-1) ?? lastSeq;
}

function walCorrupt(file: string, offsetBytes: number, why: string, cause?: unknown): ShaleError {
  return new ShaleError(
    "WAL_CORRUPT",
    `Cannot read ${file} from offset ${offsetBytes} on: ${why}`,
    {
      cause,
      details: { file, offsetBytes },
    },
  );
}
