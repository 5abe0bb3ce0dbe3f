import type { ChainVersion, Day, ProjectId, SpecName, WriterOrdinal } from "@shale/model";
import {
  chainVersion,
  DAY_MS,
  dayOf,
  projectId,
  SHARDS_MAX,
  ShaleError,
  specName,
  writerOrdinal,
} from "@shale/model";
import type {
  CatalogAudit,
  CatalogBehind,
  CatalogCopyWindow,
  CatalogCut,
  CatalogDocument,
  CatalogFailure,
  CatalogLoad,
  CatalogOperation,
  CatalogPosition,
  CatalogProcess,
  CatalogRetention,
  CatalogSpec,
  CatalogThrottle,
  CatalogTombstone,
  CatalogTransition,
  CatalogVector,
  CatalogWriter,
  OrdinalRange,
} from "./catalog-document.ts";
import { NONCES_KEPT } from "./catalog-document.ts";
import { decodeEnvelope, encodeEnvelope } from "./envelope.ts";
import type { Shape } from "./json-shape.ts";
import {
  freeText,
  listOf,
  namedOf,
  nullOr,
  numberedOf,
  objectOf,
  oneOf,
  plainValue,
  refuseShape,
  textOf,
  truth,
  wholeFrom,
} from "./json-shape.ts";

export const CATALOG_FORMAT_VERSION = 2;

const timeMs = wholeFrom(0);
const hex128 = textOf(/^[0-9a-f]{32}$/);
const name = textOf(/^[\x21-\x7e][\x20-\x7e]{0,254}$/);
const specLetters = textOf(/^[A-Z]{1,8}$/);
const wholeNumber = wholeFrom(0);
const positiveNumber = wholeFrom(1);

const project: Shape<ProjectId> = (value, place) => {
  const text = freeText(value, place);
  try {
    return projectId(text);
  } catch (error) {
    if (!(error instanceof ShaleError)) throw error;
    return refuseShape(text, "a project id", place);
  }
};
const version: Shape<ChainVersion> = (value, place) => chainVersion(positiveNumber(value, place));
const spec: Shape<SpecName> = (value, place) => specName(specLetters(value, place));
const ordinal: Shape<WriterOrdinal> = (value, place) => writerOrdinal(positiveNumber(value, place));
const day: Shape<Day> = (value, place) => {
  if (typeof value !== "number" || !Number.isInteger(value) || Math.abs(value) > 100_000_000) {
    refuseShape(value, "a UTC day", place);
  }
  return dayOf(value * DAY_MS);
};
const shards: Shape<number> = (value, place) => {
  const count = positiveNumber(value, place);
  return count <= SHARDS_MAX ? count : refuseShape(value, `at most ${SHARDS_MAX}`, place);
};
const nonces: Shape<readonly string[]> = (value, place) => {
  const ring = listOf(hex128)(value, place);
  const fits = ring.length >= 1 && ring.length <= NONCES_KEPT;
  return fits ? ring : refuseShape(ring.length, `1 to ${NONCES_KEPT} nonces`, place);
};
const operationStates = [
  "copying",
  "teeing",
  "backfilling",
  "validating",
  "finalized",
  "aborting",
] as const;
const ranges = listOf(objectOf<OrdinalRange>({ from: ordinal, to: ordinal }));

/** Shared with the heartbeat. */
export const processShape: Shape<CatalogProcess> = objectOf({
  host: freeText,
  pid: wholeNumber,
  started: freeText,
});

const vectorFields = {
  positions: numberedOf(objectOf<CatalogPosition>({ n: wholeNumber, lastSeq: wholeNumber })),
  infinite: ranges,
};
/** Shared with the manifest. */
export const catalogShapes = {
  hex128,
  project,
  version,
  spec,
  day,
  nonces,
  vector: objectOf<CatalogVector>(vectorFields),
};

/** Of the operation, what format 1 had. */
const firstOperationFields = {
  id: name,
  source: spec,
  spec,
  strategy: oneOf("tee", "chunked"),
  state: oneOf(...operationStates),
  paused: truth,
  startedMs: timeMs,
  horizonDay: nullOr(day),
  rollbackMs: wholeNumber,
  finalizedMs: nullOr(timeMs),
  token: nullOr(name),
  sourceMissed: truth,
};
type FirstOperation = Omit<CatalogOperation, "throttle" | "lastError">;
const timeOfDay = textOf(/^([01]\d|2[0-3]):[0-5]\d$/);
const throttle = objectOf<CatalogThrottle>({
  bytesPerSecond: nullOr(positiveNumber),
  concurrency: positiveNumber,
  window: nullOr(
    objectOf<CatalogCopyWindow>({ from: timeOfDay, to: timeOfDay, timezone: freeText }),
  ),
});
const failure = objectOf<CatalogFailure>({ atMs: timeMs, code: name, message: freeText });
const step = oneOf("steady", ...operationStates);

const leading = {
  project,
  version,
  nonces,
  createdMs: timeMs,
  specs: listOf(
    objectOf<CatalogSpec>({
      spec,
      shards,
      hash: oneOf("xxh64"),
      createdMs: timeMs,
      closedMs: nullOr(timeMs),
    }),
  ),
  live: spec,
  fed: listOf(spec),
  behind: listOf(
    objectOf<CatalogBehind>({
      spec,
      sinceMs: timeMs,
      catchUp: nullOr(
        objectOf({ operation: name, target: nullOr(objectOf<CatalogVector>(vectorFields)) }),
      ),
    }),
  ),
};
const trailing = {
  cutPending: nullOr(objectOf({ operation: name })),
  cuts: listOf(
    objectOf<CatalogCut>({ generation: positiveNumber, operation: name, spec, ...vectorFields }),
  ),
  writers: listOf(
    objectOf<CatalogWriter>({
      ordinal,
      nonce: hex128,
      process: processShape,
      registeredMs: timeMs,
      forgotten: nullOr(objectOf({ lastSeq: wholeNumber, atMs: timeMs })),
    }),
  ),
  nextOrdinal: positiveNumber,
  retired: ranges,
  tombstones: listOf(
    objectOf<CatalogTombstone>({
      number: positiveNumber,
      userHash: hex128,
      seq: positiveNumber,
      atMs: timeMs,
    }),
  ),
  nextTombstone: positiveNumber,
  tombstoneKey: hex128,
  loads: listOf(objectOf<CatalogLoad>({ id: name, ordinal, shards, adoptedMs: timeMs })),
  retention: objectOf<CatalogRetention>({
    keepMs: nullOr(positiveNumber),
    firstDay: nullOr(day),
  }),
  audit: listOf(objectOf<CatalogAudit>({ atMs: timeMs, what: freeText, by: freeText })),
};

const document: Shape<CatalogDocument> = objectOf<CatalogDocument>({
  ...leading,
  operation: nullOr(
    objectOf<CatalogOperation>({ ...firstOperationFields, throttle, lastError: nullOr(failure) }),
  ),
  transitions: listOf(
    objectOf<CatalogTransition>({
      number: positiveNumber,
      operation: name,
      verb: name,
      from: step,
      to: step,
      atMs: timeMs,
      by: freeText,
      facts: namedOf(plainValue),
    }),
  ),
  ...trailing,
});

/** Format 1 is of before there were reshards. */
const firstDocument: Shape<CatalogDocument> = (value, place) => {
  const first = objectOf<
    Omit<CatalogDocument, "operation" | "transitions"> & {
      readonly operation: FirstOperation | null;
    }
  >({ ...leading, operation: nullOr(objectOf<FirstOperation>(firstOperationFields)), ...trailing });
  const { operation, ...rest } = first(value, place);
  const unthrottled = {
    throttle: { bytesPerSecond: null, concurrency: 1, window: null },
    lastError: null,
  };
  return {
    ...rest,
    operation: operation === null ? null : { ...operation, ...unthrottled },
    transitions: [],
  };
};

/** The bytes of a catalog version. Fields come out in the order of the format, whatever the input's. */
export function encodeCatalog(catalog: CatalogDocument): Uint8Array {
  const body = document(catalog, { key: "the catalog to be written", path: "catalog" });
  return encodeEnvelope({ kind: "catalog", formatVersion: CATALOG_FORMAT_VERSION, body });
}

/**
 * The catalog version in these bytes, every field checked.
 *
 * @throws {ShaleError} OBJECT_CORRUPT, FORMAT_UNKNOWN; both name the key
 */
export function decodeCatalog(
  bytes: Uint8Array,
  { key }: { readonly key: string },
): CatalogDocument {
  const { body, formatVersion } = decodeEnvelope(bytes, {
    key,
    kind: "catalog",
    formatVersionMax: CATALOG_FORMAT_VERSION,
  });
  const shape = formatVersion === 1 ? firstDocument : document;
  return shape(body, { key, path: "catalog" });
}
