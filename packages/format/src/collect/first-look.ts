import { decodeEnvelope, encodeEnvelope } from "../envelope.ts";
import { listOf, objectOf, textOf, wholeFrom } from "../json-shape.ts";

export const FIRST_LOOK_FORMAT_VERSION = 1;

/**
 * What was seen on the way to retiring tombstones (protocol D2): every log and tail object had
 * passed them, and after that these claims stood in the manifests.
 */
export interface FirstLook {
  /** Numbers of the tombstones. */
  readonly tombstones: readonly number[];
  /** Ids of the claims: once they are gone, whatever commits has read a later catalog. */
  readonly claims: readonly string[];
  /** The maker's clock, ms since 1970 UTC, for people. */
  readonly atMs: number;
}

const firstLook = objectOf<FirstLook>({
  tombstones: listOf(wholeFrom(1)),
  claims: listOf(textOf(/^[0-9a-f]{32}$/)),
  atMs: wholeFrom(0),
});

export function encodeFirstLook(value: FirstLook): Uint8Array {
  const body = firstLook(value, { key: "the look to be written", path: "look" });
  return encodeEnvelope({ kind: "look", formatVersion: FIRST_LOOK_FORMAT_VERSION, body });
}

/** @throws {ShaleError} OBJECT_CORRUPT, FORMAT_UNKNOWN; both name the key */
export function decodeFirstLook(bytes: Uint8Array, { key }: { readonly key: string }): FirstLook {
  const { body } = decodeEnvelope(bytes, {
    key,
    kind: "look",
    formatVersionMax: FIRST_LOOK_FORMAT_VERSION,
  });
  return firstLook(body, { key, path: "look" });
}
