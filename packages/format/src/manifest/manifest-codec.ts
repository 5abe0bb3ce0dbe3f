import { catalogShapes, processShape } from "../catalog-codec.ts";
import { decodeEnvelope, encodeRowsEnvelope } from "../envelope.ts";
import type { Place, Shape } from "../json-shape.ts";
import {
  insideOf,
  listOf,
  nullOr,
  objectOf,
  oneOf,
  refuseShape,
  textOf,
  wholeFrom,
} from "../json-shape.ts";
import { copiedRowsOf, copiedShape } from "./copied-rows.ts";
import { isOutputId } from "./day-file-id.ts";
import { entryRowOf, entryRowShape } from "./entry-row.ts";
import type {
  ManifestClaim,
  ManifestCopy,
  ManifestDocument,
  ManifestPageRef,
  ManifestWritten,
} from "./manifest-document.ts";
import { COMMITTED_KEPT } from "./manifest-document.ts";

/** Version 2: entries say which events a file has; copies stand by their vectors. */
export const MANIFEST_FORMAT_VERSION = 2;

const { hex128, project, version, spec, day, nonces, vector } = catalogShapes;
const count = wholeFrom(0);
const some = wholeFrom(1);
const outputId: Shape<string> = (value, place) =>
  typeof value === "string" && isOutputId(value)
    ? value
    : refuseShape(value, "<32 hex digits>-<number>", place);
const committed: Shape<readonly string[]> = (value, place) => {
  const ids = listOf(hex128)(value, place);
  return ids.length <= COMMITTED_KEPT
    ? ids
    : refuseShape(ids.length, `at most ${COMMITTED_KEPT} claims`, place);
};

/** All fields but `added`, whose items stand as rows in bytes and as entries in memory. */
const fields: { readonly [K in keyof ManifestDocument]: Shape<ManifestDocument[K]> } = {
  project,
  spec,
  group: count,
  version,
  nonces,
  closedMs: nullOr(count),
  watermarks: vector,
  claims: listOf(
    objectOf<ManifestClaim>({
      id: hex128,
      kind: oneOf("drain", "merge", "purge", "expire", "copy", "fold"),
      owner: processShape,
      startedMs: count,
      inputs: listOf(outputId),
    }),
  ),
  committed,
  copied: copiedShape,
  base: nullOr(vector),
  pages: listOf(
    objectOf<ManifestPageRef>({
      id: outputId,
      firstDay: day,
      lastDay: day,
      entryCount: some,
      bytes: some,
      crc: textOf(/^[0-9a-f]{8}$/),
    }),
  ),
  added: listOf(entryRowShape(MANIFEST_FORMAT_VERSION)),
  removed: listOf(outputId),
  written: objectOf<ManifestWritten>({
    drainedRows: count,
    drainedBytes: count,
    rewrittenRows: count,
    rewrittenBytes: count,
    commits: count,
  }),
};
const decodedDocument = objectOf<ManifestDocument>(fields);
const decodedDocumentV1 = objectOf<ManifestDocument>({
  ...fields,
  copied: listOf(objectOf<ManifestCopy>({ shard: count, day, vector })),
  added: listOf(entryRowShape(1)),
});
const encodedDocument = objectOf<Record<keyof ManifestDocument, unknown>>({
  ...fields,
  copied: (value: unknown) => copiedRowsOf(value as ManifestDocument["copied"]),
  added: (value: unknown, place: Place) =>
    (value as ManifestDocument["added"]).map((entry, i) => entryRowOf(entry, insideOf(place, i))),
});

/** The bytes of a manifest version. Fields come out in the order of the format. */
export function encodeManifest(manifest: ManifestDocument): Uint8Array {
  const place = { key: "the manifest to be written", path: "manifest" };
  return encodeRowsEnvelope({
    kind: "manifest",
    formatVersion: MANIFEST_FORMAT_VERSION,
    body: encodedDocument(manifest, place),
  });
}

/**
 * The manifest version in these bytes, every field checked.
 *
 * @throws {ShaleError} OBJECT_CORRUPT, FORMAT_UNKNOWN; both name the key
 */
export function decodeManifest(
  bytes: Uint8Array,
  { key }: { readonly key: string },
): ManifestDocument {
  const { body, formatVersion } = decodeEnvelope(bytes, {
    key,
    kind: "manifest",
    formatVersionMax: MANIFEST_FORMAT_VERSION,
  });
  const shape = formatVersion === 1 ? decodedDocumentV1 : decodedDocument;
  return shape(body, { key, path: "manifest" });
}
