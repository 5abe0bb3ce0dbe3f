import type { CallOptions, Env, Processes } from "@shale/env";
import type { ManifestClaim, ManifestDocument, OrdinalRange } from "@shale/format";
import type { Chain } from "../chain/chain.ts";
import { coversRanges } from "../ordinal-ranges.ts";
import type { ManifestPlace } from "./manifest-place.ts";
import { firstManifest } from "./open-manifest.ts";
import { EMPTY_VECTOR, withRetired } from "./vectors.ts";

/** After so long a job counts as stuck, whatever is known of its process. */
const TAKEOVER_MS = 3_600_000;

/**
 * Whether to try to take the claim over: its process is dead, or it began long ago. Only a hint:
 * what makes it safe is that a job whose claim was dropped cannot commit.
 */
export function mayTakeOver(claim: ManifestClaim, processes: Processes, nowMs: number): boolean {
  return processes.stateOf(claim.owner) === "dead" || nowMs - claim.startedMs > TAKEOVER_MS;
}

/**
 * Takes a claim away from its job, whose commit is refused from now on. Its outputs are then no
 * longer protected from the collector.
 *
 * @returns The newest manifest, in which the claim does not stand; it may have been committed.
 * undefined when there is no manifest.
 * @throws {ShaleError} CATALOG_CONFLICT, STORE_UNAVAILABLE: repeat
 */
export async function dropClaim(
  env: Env,
  chain: Chain<ManifestDocument>,
  claimId: string,
  options: CallOptions = {},
): Promise<ManifestDocument | undefined> {
  const manifest = await commitIfThere(
    chain,
    (newest) => {
      const claims = newest.claims.filter(({ id }) => id !== claimId);
      return claims.length === newest.claims.length ? undefined : { ...newest, claims };
    },
    options,
  );
  env.logger.debug("claim dropped", { claim: claimId, version: manifest?.version });
  return manifest;
}

/**
 * Moves writers to infinity (protocol W7): only those whose seal every group of every fed spec has
 * below its watermark, which is the caller's to know.
 *
 * @returns undefined when the group has no manifest: it stands at its spec's cut.
 * @throws {ShaleError} CATALOG_CONFLICT, STORE_UNAVAILABLE: repeat
 */
export async function retireWriters(
  chain: Chain<ManifestDocument>,
  ranges: readonly OrdinalRange[],
  options: CallOptions = {},
): Promise<ManifestDocument | undefined> {
  return await commitIfThere(
    chain,
    (newest) =>
      newest.closedMs !== null || coversRanges(newest.watermarks.infinite, ranges)
        ? undefined
        : { ...newest, watermarks: withRetired(newest.watermarks, ranges) },
    options,
  );
}

/**
 * Closes a group for ever, with its claims; a closed first version is made where there was none, so
 * that no job creates one later (protocol S6).
 *
 * @throws {ShaleError} CATALOG_CONFLICT, STORE_UNAVAILABLE: repeat
 */
export async function closeManifest(
  env: Env,
  chain: Chain<ManifestDocument>,
  place: ManifestPlace,
  options: CallOptions = {},
): Promise<ManifestDocument> {
  const closedMs = Math.max(0, env.clock.nowMs());
  return await chain.commit((newest) => {
    const before = newest ?? firstManifest(place, EMPTY_VECTOR);
    return before.closedMs === null ? { ...before, closedMs, claims: [] } : undefined;
  }, options);
}

/** Commits an edit of what is there. A chain that has a version keeps one. */
async function commitIfThere(
  chain: Chain<ManifestDocument>,
  edit: (newest: ManifestDocument) => ManifestDocument | undefined,
  options: CallOptions,
): Promise<ManifestDocument | undefined> {
  if ((await chain.loadNewest(options)) === undefined) return undefined;
  return await chain.commit((newest) => (newest === undefined ? undefined : edit(newest)), options);
}
