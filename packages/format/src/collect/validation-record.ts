import type { SpecName } from "@shale/model";
import { catalogShapes } from "../catalog-codec.ts";
import type { CatalogVector } from "../catalog-document.ts";
import { decodeEnvelope, encodeEnvelope } from "../envelope.ts";
import type { Shape } from "../json-shape.ts";
import { freeText, listOf, objectOf, textOf, truth, wholeFrom } from "../json-shape.ts";

export const VALIDATION_FORMAT_VERSION = 1;

/** What one spec holds of a day and generation, after duplicates and deleted users. */
export interface ValidationSums {
  readonly events: number;
  /** Distinct, "" left out. */
  readonly users: number;
  /** Sum of the rows' digests mod 2^128, 32 hex digits. */
  readonly digest: string;
}

export interface ValidationUnit {
  /** YYYY-MM-DD. */
  readonly day: string;
  readonly generation: number;
  readonly old: ValidationSums;
  readonly new: ValidationSums;
}

/** What a comparison of two specs found, at one cut of both (protocol S4). Its key is the token. */
export interface ValidationRecord {
  readonly operation: string;
  readonly source: SpecName;
  readonly spec: SpecName;
  readonly matched: boolean;
  readonly misplaced: number;
  /** Where both stood. */
  readonly hi: CatalogVector;
  /** Versions of the manifests of both specs, by group. */
  readonly sourceVersions: readonly number[];
  readonly specVersions: readonly number[];
  readonly units: readonly ValidationUnit[];
  /** The maker's clock, ms since 1970 UTC, for people. */
  readonly atMs: number;
}

const sums: Shape<ValidationSums> = objectOf<ValidationSums>({
  events: wholeFrom(0),
  users: wholeFrom(0),
  digest: catalogShapes.hex128,
});

const record = objectOf<ValidationRecord>({
  operation: freeText,
  source: catalogShapes.spec,
  spec: catalogShapes.spec,
  matched: truth,
  misplaced: wholeFrom(0),
  hi: catalogShapes.vector,
  sourceVersions: listOf(wholeFrom(0)),
  specVersions: listOf(wholeFrom(0)),
  units: listOf(
    objectOf<ValidationUnit>({
      day: textOf(/^-?[0-9]{4,6}-[0-9]{2}-[0-9]{2}$/),
      generation: wholeFrom(0),
      old: sums,
      new: sums,
    }),
  ),
  atMs: wholeFrom(0),
});

export function encodeValidationRecord(value: ValidationRecord): Uint8Array {
  const body = record(value, { key: "the validation to be written", path: "validation" });
  return encodeEnvelope({ kind: "validation", formatVersion: VALIDATION_FORMAT_VERSION, body });
}

/** @throws {ShaleError} OBJECT_CORRUPT, FORMAT_UNKNOWN; both name the key */
export function decodeValidationRecord(
  bytes: Uint8Array,
  { key }: { readonly key: string },
): ValidationRecord {
  const { body } = decodeEnvelope(bytes, {
    key,
    kind: "validation",
    formatVersionMax: VALIDATION_FORMAT_VERSION,
  });
  return record(body, { key, path: "validation" });
}
