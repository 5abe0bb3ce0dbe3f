import type { CallOptions, Env } from "@shale/env";
import { fanOut } from "@shale/env";
import type { ManifestDocument } from "@shale/format";
import type { ProjectId, SpecName } from "@shale/model";
import { groupCountOf } from "@shale/model";
import type { Chain } from "../chain/chain.ts";
import { openManifest } from "./open-manifest.ts";

const READ_CONCURRENCY = 16;

export interface ManifestsReading extends CallOptions {
  /** Numbers of the groups to read; default all of the spec. */
  readonly groups?: readonly number[] | undefined;
  /** Chains that remember what they saw; default fresh ones. */
  readonly chainOf?: ((group: number) => Chain<ManifestDocument>) | undefined;
}

/**
 * The newest manifest of each group by its number, undefined for a group that never had one.
 *
 * @throws {ShaleError} CATALOG_CONFLICT, OBJECT_CORRUPT, FORMAT_UNKNOWN, STORE_UNAVAILABLE
 */
export async function loadManifests(
  env: Env,
  project: ProjectId,
  spec: SpecName,
  shards: number,
  options: ManifestsReading = {},
): Promise<ReadonlyMap<number, ManifestDocument | undefined>> {
  const { chainOf = (group) => openManifest(env, { project, spec, group }), signal } = options;
  const all = Array.from({ length: groupCountOf(shards) }, (_, group) => group);
  const groups = options.groups ?? all;
  const found = await fanOut(groups, { concurrency: READ_CONCURRENCY, signal }, (group, stop) =>
    chainOf(group).loadNewest({ signal: stop }),
  );
  return new Map(groups.map((group, i) => [group, found[i]]));
}
