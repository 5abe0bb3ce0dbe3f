import type { ChainVersion, ProjectId, SpecName, WriterOrdinal } from "@shale/model";
import { chainVersion, projectId, ShaleError, specName, writerOrdinal } from "@shale/model";
import type { TailPosition } from "./pin.ts";

const SNAPSHOT_FORMAT = 3;

/** Where a snapshot stands in one writer's log. */
export interface SnapshotPosition extends TailPosition {
  /** Rows above `lastSeq` that were in memory, up to seq `memorySeq`; both 0 for none. */
  readonly memoryRows: number;
  readonly memorySeq: number;
}
export interface PinSnapshot {
  readonly project: ProjectId;
  readonly catalogVersion: ChainVersion;
  readonly spec: SpecName;
  readonly writers: ReadonlyMap<WriterOrdinal, SnapshotPosition>;
  /** Versions of the manifests, by group; a group that is not in it had none. */
  readonly manifests: ReadonlyMap<number, ChainVersion>;
  readonly tombstones: SnapshotTombstones;
}

/** The tombstones that the catalog had: their numbers, and the number of the next one. */
export interface SnapshotTombstones {
  readonly live: readonly number[];
  readonly next: number;
}

/** Opaque to callers: base64url of JSON. Writers that have no row are in it too. */
export function encodeSnapshot(snapshot: PinSnapshot): string {
  const { project, catalogVersion, spec } = snapshot;
  const writers = [...snapshot.writers].map(([ordinal, { n, lastSeq, memoryRows, memorySeq }]) =>
    memoryRows === 0 ? [ordinal, n, lastSeq] : [ordinal, n, lastSeq, memoryRows, memorySeq],
  );
  const manifests = [...snapshot.manifests];
  const tombstones = [snapshot.tombstones.next, ...snapshot.tombstones.live];
  const text = JSON.stringify([
    ...[SNAPSHOT_FORMAT, project, catalogVersion, spec],
    ...[writers, manifests, tombstones],
  ]);
  return Buffer.from(text).toString("base64url");
}

/** @throws {ShaleError} OPTION_INVALID for what encodeSnapshot() never wrote */
export function decodeSnapshot(text: string): PinSnapshot {
  const parts = partsOf(text);
  const [format, project, version, spec, writers, manifests, tombstones] = parts;
  if (
    parts.length !== 7 ||
    format !== SNAPSHOT_FORMAT ||
    typeof project !== "string" ||
    !isWholeFrom(1, version) ||
    typeof spec !== "string" ||
    !/^[A-Z]{1,8}$/.test(spec) ||
    !Array.isArray(writers) ||
    !Array.isArray(manifests) ||
    !Array.isArray(tombstones)
  ) {
    throw invalid();
  }
  return {
    project: projectId(project),
    catalogVersion: chainVersion(version),
    spec: specName(spec),
    writers: new Map(writers.map(positionOf)),
    manifests: new Map(manifests.map(manifestOf)),
    tombstones: tombstonesOf(tombstones),
  };
}

function partsOf(text: string): readonly unknown[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
    if (Array.isArray(parts)) return parts;
  } catch (error) {
    throw invalid(error);
  }
  throw invalid();
}

function positionOf(value: unknown): readonly [WriterOrdinal, SnapshotPosition] {
  if (!Array.isArray(value) || (value.length !== 3 && value.length !== 5)) throw invalid();
  const [ordinal, n, lastSeq, memoryRows = 0, memorySeq = 0]: unknown[] = value;
  if (
    !isWholeFrom(1, ordinal) ||
    !isWholeFrom(0, n) ||
    !isWholeFrom(0, lastSeq) ||
    !isWholeFrom(0, memoryRows) ||
    !isWholeFrom(0, memorySeq)
  ) {
    throw invalid();
  }
  return [writerOrdinal(ordinal), { n, lastSeq, memoryRows, memorySeq }];
}

function manifestOf(value: unknown): readonly [number, ChainVersion] {
  if (!Array.isArray(value) || value.length !== 2) throw invalid();
  const [group, version]: unknown[] = value;
  if (!isWholeFrom(0, group) || !isWholeFrom(1, version)) throw invalid();
  return [group, chainVersion(version)];
}

function tombstonesOf([next, ...live]: readonly unknown[]): SnapshotTombstones {
  const isNumber = (value: unknown): value is number => isWholeFrom(1, value);
  if (!isNumber(next) || !live.every(isNumber)) throw invalid();
  return { live, next };
}

function isWholeFrom(min: number, value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= min;
}

function invalid(cause?: unknown): ShaleError {
  return new ShaleError(
    "OPTION_INVALID",
    "Cannot use the snapshot: it is not one that an answer named",
    { path: "snapshot", cause },
  );
}
