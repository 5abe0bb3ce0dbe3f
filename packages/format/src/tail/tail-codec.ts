import { crc32 } from "node:zlib";
import type { LoggedBatch } from "@shale/columns";
import { invariant, tailNumber, writerOrdinal } from "@shale/model";
import { decodeBatch } from "../batch/decode-batch.ts";
import { encodeBatchBehind } from "../batch/encode-batch.ts";
import { checkVersion, corrupt } from "../damage.ts";
import {
  alignedBytes,
  checkNonce,
  readHex,
  readU64,
  viewOf,
  writeHex,
  writeU64,
} from "../little-endian.ts";
import {
  emptyFactsOf,
  type RowFacts,
  rowFactsOf,
  type TailHeader,
  type TailObject,
} from "./tail-object.ts";

/** "SHLT" read as a little-endian number. The layout is described in docs/formats/tail-object.md. */
const TAIL_MAGIC = 0x544c_4853;
export const TAIL_FORMAT_VERSION = 1;
/** Bytes that decodeTailHeader() needs of an object. */
export const TAIL_HEADER_BYTES = 96;
const CRC_AT = 92;
const SEALED = 1;

/** Names what is decoded, for messages. */
export interface TailSource {
  readonly key: string;
}

/** @see docs/formats/tail-object.md */
export function encodeTailObject(object: TailObject): Uint8Array {
  const { batch } = object;
  invariant(batch === undefined || batch.rowCount > 0, "a batch in the tail has a row at least");
  const wrong = differenceOf(object, batch);
  invariant(wrong === undefined, `a tail object agrees with its rows: ${wrong}`);
  invariant(!object.sealed || batch === undefined, "a sealed tail object has no rows");
  const bytes =
    batch === undefined
      ? new Uint8Array(TAIL_HEADER_BYTES)
      : encodeBatchBehind(TAIL_HEADER_BYTES, batch);
  const body = bytes.subarray(TAIL_HEADER_BYTES);
  const view = viewOf(bytes);
  view.setUint32(0, TAIL_MAGIC, true);
  view.setUint16(4, TAIL_FORMAT_VERSION, true);
  view.setUint16(6, object.sealed ? SEALED : 0, true);
  writeU64(view, 8, object.writer);
  writeU64(view, 16, object.n);
  writeHex(view, 24, checkNonce(object.nonce));
  writeU64(view, 40, object.firstSeq);
  writeU64(view, 48, object.lastSeq);
  view.setUint32(56, object.rowCount, true);
  view.setUint32(60, object.clientInsertIds, true);
  view.setFloat64(64, object.minTimeMs ?? 0, true);
  view.setFloat64(72, object.maxTimeMs ?? 0, true);
  view.setUint32(80, body.length, true);
  view.setUint32(84, crc32(body), true);
  view.setUint32(CRC_AT, crc32(bytes.subarray(0, CRC_AT)), true);
  return bytes;
}

interface DecodedHeader extends TailHeader {
  readonly bodyBytes: number;
  readonly bodyCrc: number;
}

function decodeHeader(bytes: Uint8Array, key: string): DecodedHeader {
  if (bytes.length < TAIL_HEADER_BYTES) {
    throw corrupt(
      key,
      `a tail object has at least ${TAIL_HEADER_BYTES} bytes, not ${bytes.length}`,
    );
  }
  const view = viewOf(bytes);
  if (view.getUint32(0, true) !== TAIL_MAGIC) throw corrupt(key, 'it does not start with "SHLT"');
  if (view.getUint32(CRC_AT, true) !== crc32(bytes.subarray(0, CRC_AT))) {
    throw corrupt(key, "the checksum of its header is wrong");
  }
  checkVersion(key, view.getUint16(4, true), TAIL_FORMAT_VERSION);
  const flags = view.getUint16(6, true);
  const rowCount = view.getUint32(56, true);
  const bodyBytes = view.getUint32(80, true);
  const numbers = [readU64(view, 8), readU64(view, 16)] as const;
  const [firstSeq, lastSeq] = [readU64(view, 40), readU64(view, 48)];
  const isSound =
    flags <= SEALED &&
    numbers.every((number) => Number.isSafeInteger(number) && number >= 1) &&
    lastSeq <= Number.MAX_SAFE_INTEGER &&
    (rowCount === 0 ? firstSeq === lastSeq + 1 : firstSeq <= lastSeq && flags === 0) &&
    (rowCount === 0) === (bodyBytes === 0);
  if (!isSound) throw corrupt(key, "its header contradicts itself");
  return {
    writer: writerOrdinal(numbers[0]),
    n: tailNumber(numbers[1]),
    nonce: readHex(view, 24, 16),
    firstSeq,
    lastSeq,
    rowCount,
    clientInsertIds: view.getUint32(60, true),
    minTimeMs: rowCount === 0 ? null : view.getFloat64(64, true),
    maxTimeMs: rowCount === 0 ? null : view.getFloat64(72, true),
    sealed: flags === SEALED,
    bodyBytes,
    bodyCrc: view.getUint32(84, true),
  };
}

/**
 * What the object says of its rows, from its first TAIL_HEADER_BYTES bytes or more.
 *
 * @throws {ShaleError} OBJECT_CORRUPT, FORMAT_UNKNOWN; both name the key
 */
export function decodeTailHeader(bytes: Uint8Array, { key }: TailSource): TailHeader {
  const { bodyBytes: _bodyBytes, bodyCrc: _bodyCrc, ...header } = decodeHeader(bytes, key);
  return header;
}

/**
 * The whole object. The columns are views on `bytes`, which must not change afterwards.
 *
 * @throws {ShaleError} OBJECT_CORRUPT, FORMAT_UNKNOWN; both name the key
 */
export function decodeTailObject(bytes: Uint8Array, { key }: TailSource): TailObject {
  const aligned = alignedBytes(bytes);
  const { bodyBytes, bodyCrc, ...header } = decodeHeader(aligned, key);
  const body = aligned.subarray(TAIL_HEADER_BYTES);
  if (body.length !== bodyBytes) {
    throw corrupt(key, `its header counts ${bodyBytes} bytes of rows, there are ${body.length}`);
  }
  if (crc32(body) !== bodyCrc) throw corrupt(key, "the checksum of its rows is wrong");
  const batch = bodyBytes === 0 ? undefined : decodeBatch(body, { source: key });
  const wrong = differenceOf(header, batch);
  if (wrong !== undefined) throw corrupt(key, `its header and its rows disagree: ${wrong}`);
  return { ...header, batch };
}

/** The first field of the header that does not follow from the rows. */
function differenceOf(header: TailHeader, batch: LoggedBatch | undefined): string | undefined {
  const hasRows = batch !== undefined && batch.rowCount > 0;
  if (hasRows && batch.writer !== header.writer) return `writer ${header.writer}`;
  const facts = hasRows ? rowFactsOf(batch) : emptyFactsOf(header.lastSeq);
  for (const name of Object.keys(facts) as (keyof RowFacts)[]) {
    if (facts[name] !== header[name]) return `${name} ${header[name]}, rows say ${facts[name]}`;
  }
  return undefined;
}
