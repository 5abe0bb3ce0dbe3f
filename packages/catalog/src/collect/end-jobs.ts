import type { CallOptions, Env, Processes } from "@shale/env";
import type { CatalogDocument, ManifestClaim, ManifestDocument } from "@shale/format";
import type { ProjectId, WriterOrdinal } from "@shale/model";
import { dropClaim, mayTakeOver, retireWriters } from "../manifest/end-claims.ts";
import { openManifest } from "../manifest/open-manifest.ts";
import { openCatalog } from "../open-catalog.ts";
import { coversRanges } from "../ordinal-ranges.ts";
import { isTakingPosition } from "./retired-writers.ts";
import type { TailEnd } from "./sight/tail-ends.ts";
import type { ManifestsByGroup } from "./tail-floors.ts";
import { tailFloorsOf } from "./tail-floors.ts";

export interface AbandonedClaim {
  readonly manifest: ManifestDocument;
  readonly claim: ManifestClaim;
}

/**
 * Claims whose jobs are over: their process is dead, or nothing is known of it and they began long
 * ago. A process that lives ends its jobs itself.
 */
export function planAbandonedClaims(
  manifests: ManifestsByGroup,
  processes: Processes,
  nowMs: number,
): readonly AbandonedClaim[] {
  return [...manifests.values()].flatMap((manifest) =>
    manifest.claims
      .filter((claim) => {
        const isAlive = processes.stateOf(claim.owner) === "alive";
        return !isAlive && mayTakeOver(claim, processes, nowMs);
      })
      .map((claim) => ({ manifest, claim })),
  );
}

/**
 * The commit comes first, the outputs go only afterwards: a job without a claim commits nothing.
 */
export async function dropClaims(
  env: Env,
  claims: readonly AbandonedClaim[],
  options: CallOptions,
): Promise<void> {
  for (const { manifest, claim } of claims) {
    await dropClaim(env, openManifest(env, manifest), claim.id, options);
  }
}

/**
 * Writers that can retire (protocol W7): sealed, and every group of every spec that the tail is
 * kept for is past the seal. The manifests were read before the catalog.
 */
export function planRetiredWriters(
  catalog: CatalogDocument,
  manifests: ManifestsByGroup,
  ends: ReadonlyMap<WriterOrdinal, TailEnd>,
): readonly WriterOrdinal[] {
  if (isTakingPosition(catalog)) return [];
  const floors = tailFloorsOf(catalog, manifests);
  return catalog.writers
    .map(({ ordinal }) => ordinal)
    .filter((ordinal) => {
      const end = ends.get(ordinal);
      return end?.isSealed === true && (floors.get(ordinal) ?? 0) >= end.n;
    });
}

/**
 * Moves retired writers to infinity in the manifests of the specs that the tail is kept for. The
 * catalog says first that they are retired: whoever reads it asks no manifest about them, and
 * whoever has read the one before finds either the watermark past the seal or infinity, and no row
 * twice. A spec that is behind keeps its old watermarks: its catch-up copies from there (S7).
 */
export async function retireInManifests(
  env: Env,
  catalog: CatalogDocument,
  manifests: ManifestsByGroup,
  options: CallOptions,
): Promise<void> {
  const isBehind = (name: string): boolean => catalog.behind.some(({ spec }) => spec === name);
  for (const manifest of manifests.values()) {
    const { spec, closedMs, watermarks } = manifest;
    if (closedMs !== null || !catalog.fed.includes(spec) || isBehind(spec)) continue;
    if (coversRanges(watermarks.infinite, catalog.retired)) continue;
    await retireWriters(openManifest(env, manifest), catalog.retired, options);
  }
}

/** Old versions of all chains (protocol P3). What fails is tried again by the next run. */
export async function pruneChains(
  env: Env,
  project: ProjectId,
  manifests: readonly ManifestDocument[],
  options: CallOptions,
): Promise<void> {
  const chains = manifests.map((manifest) => openManifest(env, manifest));
  for (const chain of [openCatalog(env, project), ...chains]) await chain.prune(options);
}
