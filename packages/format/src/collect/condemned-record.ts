import { decodeEnvelope, encodeRowsEnvelope } from "../envelope.ts";
import { freeText, listOf, objectOf, textOf, wholeFrom } from "../json-shape.ts";

export const CONDEMNED_FORMAT_VERSION = 1;

/** An object that no new reader can reach. It goes when the grace after this record has passed. */
export interface CondemnedObject {
  readonly key: string;
  /** The store's token of the content that was meant: another content under the key stays. */
  readonly token: string;
  readonly bytes: number;
}
/** Names objects that were found unreachable. The store's time of the record begins their grace. */
export interface CondemnedRecord {
  readonly objects: readonly CondemnedObject[];
  /** Nonces of the work pins that stood when the objects had been found. */
  readonly pins: readonly string[];
  /** The maker's clock, ms since 1970 UTC, for people. */
  readonly atMs: number;
}

const record = objectOf<CondemnedRecord>({
  objects: listOf(
    objectOf<CondemnedObject>({ key: freeText, token: freeText, bytes: wholeFrom(0) }),
  ),
  pins: listOf(textOf(/^[0-9a-f]{32}$/)),
  atMs: wholeFrom(0),
});

export function encodeCondemnedRecord(value: CondemnedRecord): Uint8Array {
  const body = record(value, { key: "the record to be written", path: "record" });
  return encodeRowsEnvelope({
    kind: "condemned",
    formatVersion: CONDEMNED_FORMAT_VERSION,
    body,
  });
}

/** @throws {ShaleError} OBJECT_CORRUPT, FORMAT_UNKNOWN; both name the key */
export function decodeCondemnedRecord(
  bytes: Uint8Array,
  { key }: { readonly key: string },
): CondemnedRecord {
  const { body } = decodeEnvelope(bytes, {
    key,
    kind: "condemned",
    formatVersionMax: CONDEMNED_FORMAT_VERSION,
  });
  return record(body, { key, path: "record" });
}
