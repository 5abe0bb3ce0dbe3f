import { processShape } from "../catalog-codec.ts";
import type { CatalogProcess } from "../catalog-document.ts";
import { decodeEnvelope, encodeEnvelope } from "../envelope.ts";
import { freeText, objectOf, textOf, wholeFrom } from "../json-shape.ts";

export const WORK_PIN_FORMAT_VERSION = 1;

/** Says that long work reads what was reachable when this object was made (protocol R5). */
export interface WorkPinDocument {
  /** 32 hex digits that name the pin. */
  readonly nonce: string;
  readonly process: CatalogProcess;
  /** For people: "export", "reshard copy". */
  readonly what: string;
  /** The maker's clock, ms since 1970 UTC. Decides nothing: the store's time of the object does. */
  readonly atMs: number;
  /** How often it was renewed: no two beats of a pin are the same bytes. */
  readonly renewals: number;
}

const workPin = objectOf<WorkPinDocument>({
  nonce: textOf(/^[0-9a-f]{32}$/),
  process: processShape,
  what: freeText,
  atMs: wholeFrom(0),
  renewals: wholeFrom(0),
});

/** The pin itself, and its beat: the same document, written again as long as the work goes on. */
export function encodeWorkPin(value: WorkPinDocument): Uint8Array {
  const body = workPin(value, { key: "the pin to be written", path: "pin" });
  return encodeEnvelope({ kind: "pin", formatVersion: WORK_PIN_FORMAT_VERSION, body });
}

/** @throws {ShaleError} OBJECT_CORRUPT, FORMAT_UNKNOWN; both name the key */
export function decodeWorkPin(
  bytes: Uint8Array,
  { key }: { readonly key: string },
): WorkPinDocument {
  const { body } = decodeEnvelope(bytes, {
    key,
    kind: "pin",
    formatVersionMax: WORK_PIN_FORMAT_VERSION,
  });
  return workPin(body, { key, path: "pin" });
}
