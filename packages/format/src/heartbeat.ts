import type { ChainVersion, WriterOrdinal } from "@shale/model";
import { chainVersion, writerOrdinal } from "@shale/model";
import { processShape } from "./catalog-codec.ts";
import type { CatalogProcess } from "./catalog-document.ts";
import { decodeEnvelope, encodeEnvelope } from "./envelope.ts";
import { nullOr, objectOf, wholeFrom } from "./json-shape.ts";

export const HEARTBEAT_FORMAT_VERSION = 1;

/** What a writer last said of itself: says when to try something, never that it is safe. */
export interface Heartbeat {
  readonly ordinal: WriterOrdinal;
  /** The newest catalog version it has adopted. */
  readonly catalogVersion: ChainVersion;
  /** The greatest seq it has handed out; 0 before the first. */
  readonly lastSeq: number;
  /** The least seq it holds that is not in the tail yet; null when all are. */
  readonly oldestUnflushedSeq: number | null;
  readonly process: CatalogProcess;
  /** Its own clock, ms since 1970 UTC. */
  readonly atMs: number;
}

const heartbeat = objectOf<Heartbeat>({
  ordinal: (value, place) => writerOrdinal(wholeFrom(1)(value, place)),
  catalogVersion: (value, place) => chainVersion(wholeFrom(1)(value, place)),
  lastSeq: wholeFrom(0),
  oldestUnflushedSeq: nullOr(wholeFrom(1)),
  process: processShape,
  atMs: wholeFrom(0),
});

export function encodeHeartbeat(value: Heartbeat): Uint8Array {
  const body = heartbeat(value, { key: "the heartbeat to be written", path: "heartbeat" });
  return encodeEnvelope({ kind: "heartbeat", formatVersion: HEARTBEAT_FORMAT_VERSION, body });
}

/** @throws {ShaleError} OBJECT_CORRUPT, FORMAT_UNKNOWN; both name the key */
export function decodeHeartbeat(bytes: Uint8Array, { key }: { readonly key: string }): Heartbeat {
  const { body } = decodeEnvelope(bytes, {
    key,
    kind: "heartbeat",
    formatVersionMax: HEARTBEAT_FORMAT_VERSION,
  });
  return heartbeat(body, { key, path: "heartbeat" });
}
