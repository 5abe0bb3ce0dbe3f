import { crc32 } from "node:zlib";
import type { LoggedBatch } from "@shale/columns";
import { encodeBatchBehind } from "../batch/encode-batch.ts";
import { checkNonce, readHex, readU64, viewOf, writeHex, writeU64 } from "../little-endian.ts";

/** "SHLR" read as a little-endian number. The layout is described in docs/formats/wal.md. */
const WAL_RECORD_MAGIC = 0x524c_4853;
export const WAL_RECORD_HEADER_BYTES = 32;
const CRC_AT = 28;
const MARK_BYTES = 8;

export interface WalRecord {
  readonly batch: LoggedBatch;
  /** Offset in this file up to which everything is known to be fsynced (W1). */
  readonly durableBytes: number;
  /** The nonce of the file that the record goes to. */
  readonly nonce: string;
}

/**
 * One record as chunks to be appended in order, a multiple of 8 bytes together.
 *
 * A record is all or nothing (W1): scanWal() gives back its whole batch or none of it.
 *
 * @see docs/formats/wal.md
 */
export function encodeWalRecord({ batch, durableBytes, nonce }: WalRecord): readonly Uint8Array[] {
  const bytes = encodeBatchBehind(WAL_RECORD_HEADER_BYTES, batch);
  const payload = bytes.subarray(WAL_RECORD_HEADER_BYTES);
  const view = viewOf(bytes);
  view.setUint32(0, WAL_RECORD_MAGIC, true);
  view.setUint32(4, payload.length, true);
  writeU64(view, 8, durableBytes);
  writeHex(view, 16, markOf(checkNonce(nonce)));
  view.setUint32(24, crc32(payload), true);
  view.setUint32(CRC_AT, crc32(bytes.subarray(0, CRC_AT)), true);
  return [bytes];
}

/** What ties a record to its file: a record of another file, or inside an event, has another. */
export function markOf(nonce: string): string {
  return nonce.slice(0, 2 * MARK_BYTES);
}

/** The undamaged header of a record; its payload may still be damaged or cut off. */
export interface WalRecordHeader {
  readonly offsetBytes: number;
  readonly payloadBytes: number;
  readonly payloadCrc: number;
  readonly durableBytes: number;
}

/** The record header at `offsetBytes`, if an undamaged one with this mark, or any mark, is there. */
export function recordHeaderAt(
  view: DataView,
  offsetBytes: number,
  mark: string | undefined,
): WalRecordHeader | undefined {
  const at = offsetBytes;
  if (at + WAL_RECORD_HEADER_BYTES > view.byteLength) return undefined;
  if (view.getUint32(at, true) !== WAL_RECORD_MAGIC) return undefined;
  const crc = crc32(new Uint8Array(view.buffer, view.byteOffset + at, CRC_AT));
  if (view.getUint32(at + CRC_AT, true) !== crc) return undefined;
  if (mark !== undefined && readHex(view, at + 16, MARK_BYTES) !== mark) return undefined;
  const payloadBytes = view.getUint32(at + 4, true);
  if (payloadBytes % 8 !== 0) return undefined;
  return {
    offsetBytes,
    payloadBytes,
    durableBytes: readU64(view, at + 8),
    payloadCrc: view.getUint32(at + 24, true),
  };
}
