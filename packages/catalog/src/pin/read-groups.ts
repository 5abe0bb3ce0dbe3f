import type { CallOptions, Env } from "@shale/env";
import { fanOut } from "@shale/env";
import type { CatalogDocument, ManifestDocument } from "@shale/format";
import type { ChainVersion, ShardingSpec, WriterOrdinal } from "@shale/model";
import { holdsOrdinal } from "../ordinal-ranges.ts";
import type { GroupState, TailPosition } from "./pin.ts";
import type { PinMemo } from "./pin-memo.ts";
import { manifestChain } from "./pin-memo.ts";
import type { Positions } from "./plan-pin.ts";
import { snapshotExpired } from "./snapshot-rows.ts";

const READ_CONCURRENCY = 16;
/** Watermark of a retired writer (protocol W7). */
export const INFINITE_POSITION: TailPosition = {
  n: Number.MAX_SAFE_INTEGER,
  lastSeq: Number.MAX_SAFE_INTEGER,
};

export interface GroupReading extends CallOptions {
  readonly catalog: CatalogDocument;
  readonly spec: ShardingSpec;
  readonly groups: readonly number[];
  /** Where a group stands that never had a manifest. */
  readonly first: Positions;
  /** Versions to read in place of the newest, by group; a group that is not in it has none. */
  readonly versions: ReadonlyMap<number, ChainVersion> | undefined;
}

/**
 * The groups by number, each from its newest manifest or the version that is asked for. undefined
 * when the pin has to be taken again: a manifest is closed, or names a writer that the pinned
 * catalog does not know (protocol R1).
 *
 * @throws {ShaleError} SNAPSHOT_EXPIRED when a version that is asked for was pruned;
 * OBJECT_CORRUPT, FORMAT_UNKNOWN, STORE_UNAVAILABLE
 */
export async function readGroups(
  env: Env,
  memo: PinMemo,
  reading: GroupReading,
): Promise<ReadonlyMap<number, GroupState> | undefined> {
  const { groups, catalog, signal } = reading;
  const manifests = await fanOut(groups, { concurrency: READ_CONCURRENCY, signal }, (group) =>
    readManifest(env, memo, group, reading),
  );
  const states = new Map<number, GroupState>();
  for (const [index, group] of groups.entries()) {
    const manifest = manifests[index];
    if (manifest !== undefined && !isReadable(manifest, catalog)) return undefined;
    states.set(group, { manifest, watermarks: watermarksOf(manifest, reading.first) });
  }
  return states;
}

async function readManifest(
  env: Env,
  memo: PinMemo,
  group: number,
  { catalog, spec, versions, signal }: GroupReading,
): Promise<ManifestDocument | undefined> {
  const chain = manifestChain(env, memo, { project: catalog.project, spec: spec.spec, group });
  if (versions === undefined) return await chain.loadNewest({ signal });
  const version = versions.get(group);
  if (version === undefined) return undefined;
  const manifest = await chain.loadVersion(version, { signal });
  if (manifest !== undefined) return manifest;
  throw snapshotExpired(`version ${version} of the manifest of group ${group} is gone`);
}

function isReadable(manifest: ManifestDocument, catalog: CatalogDocument): boolean {
  if (manifest.closedMs !== null) return false;
  const { positions, infinite } = manifest.watermarks;
  const isKnown = (ordinal: number): boolean => ordinal < catalog.nextOrdinal;
  return (
    Object.keys(positions).every((ordinal) => isKnown(Number(ordinal))) &&
    infinite.every(({ to }) => isKnown(to))
  );
}

/** The watermark of every writer of `first`. */
function watermarksOf(manifest: ManifestDocument | undefined, first: Positions): Positions {
  if (manifest === undefined) return first;
  const { positions, infinite } = manifest.watermarks;
  const watermarks = new Map<WriterOrdinal, TailPosition>();
  for (const [writer, position] of first) {
    const isInfinite = holdsOrdinal(infinite, writer);
    const own = isInfinite ? INFINITE_POSITION : positions[String(writer)];
    watermarks.set(writer, own ?? position);
  }
  return watermarks;
}

/** By writer, the least watermark of all groups and the greatest that is not infinite. */
export function watermarkSpan(
  groups: Iterable<GroupState>,
  first: Positions,
): { readonly lowest: Positions; readonly highest: Positions } {
  const lowest = new Map<WriterOrdinal, TailPosition>();
  const highest = new Map(first);
  for (const { watermarks } of groups) {
    for (const [writer, position] of watermarks) {
      const low = lowest.get(writer);
      if (low === undefined || position.n < low.n) lowest.set(writer, position);
      const high = highest.get(writer);
      if (position.n === INFINITE_POSITION.n) continue;
      if (high === undefined || position.n > high.n) highest.set(writer, position);
    }
  }
  return { lowest, highest };
}
