import { crc32 } from "node:zlib";
import { invariant, type WriterOrdinal, writerOrdinal } from "@shale/model";
import { formatUnknown } from "../damage.ts";
import { checkNonce, readHex, readU64, viewOf, writeHex, writeU64 } from "../little-endian.ts";

/** "SHLW" read as a little-endian number. The layout is described in docs/formats/wal.md. */
const WAL_FILE_MAGIC = 0x574c_4853;
export const WAL_FORMAT_VERSION = 1;
/** Bytes of a log file before its first record. */
export const WAL_FILE_HEADER_BYTES = 48;
const CRC_AT = 44;

/** How a log file begins. */
export interface WalFileHeader {
  readonly writer: WriterOrdinal;
  /** Number of the file in its writer's log, 1 or more. */
  readonly segment: number;
  /** 32 hex digits drawn for this file: its records carry the first half of them. */
  readonly nonce: string;
}

/**
 * The first bytes of a log file. They must be durable before a record is written behind them.
 *
 * @see docs/formats/wal.md
 */
export function encodeWalFileHeader(header: WalFileHeader): Uint8Array {
  invariant(header.segment >= 1, `a segment is 1 or more: ${header.segment}`);
  const bytes = new Uint8Array(WAL_FILE_HEADER_BYTES);
  const view = viewOf(bytes);
  view.setUint32(0, WAL_FILE_MAGIC, true);
  view.setUint16(4, WAL_FORMAT_VERSION, true);
  writeU64(view, 8, header.writer);
  writeU64(view, 16, header.segment);
  writeHex(view, 24, checkNonce(header.nonce));
  view.setUint32(CRC_AT, crc32(bytes.subarray(0, CRC_AT)), true);
  return bytes;
}

/**
 * The header that `bytes` start with; undefined where it is damaged or cut off.
 *
 * @throws {ShaleError} FORMAT_UNKNOWN for an undamaged header of a later version
 */
export function decodeWalFileHeader(bytes: Uint8Array, file: string): WalFileHeader | undefined {
  if (bytes.length < WAL_FILE_HEADER_BYTES) return undefined;
  const view = viewOf(bytes);
  if (view.getUint32(0, true) !== WAL_FILE_MAGIC) return undefined;
  if (view.getUint32(CRC_AT, true) !== crc32(bytes.subarray(0, CRC_AT))) return undefined;
  const version = view.getUint16(4, true);
  if (version > WAL_FORMAT_VERSION) throw formatUnknown(file, `format version ${version}`);
  const writer = readU64(view, 8);
  const segment = readU64(view, 16);
  const isSound = version > 0 && Number.isSafeInteger(writer) && writer >= 1 && segment >= 1;
  return isSound
    ? { writer: writerOrdinal(writer), segment, nonce: readHex(view, 24, 16) }
    : undefined;
}
