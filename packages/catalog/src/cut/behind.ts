import type { CallOptions, Env } from "@shale/env";
import type { CatalogDocument, CatalogVector, ManifestDocument } from "@shale/format";
import type { ProjectId, SpecName } from "@shale/model";
import type { Chain } from "../chain/chain.ts";
import { manifestClosed } from "../manifest/begin-claim.ts";
import type { ManifestPlace } from "../manifest/manifest-place.ts";
import { firstManifest } from "../manifest/open-manifest.ts";
import { existing, openCatalog } from "../open-catalog.ts";
import { patientEnv } from "../patient-env.ts";
import { readEnds, withLaterWriters } from "./read-ends.ts";

export interface Lagging extends CallOptions {
  readonly spec: SpecName;
  /** For people: "the disk is full". */
  readonly why: string;
  readonly by: string;
}

/**
 * Marks a spec that cannot keep up as behind (protocol S7): its drains stop, and the tail is not
 * kept for it until it catches up. A token that proved it is void, and after a finalize there is no
 * way back to it. Never the live one: nothing happens.
 *
 * @throws {ShaleError} PROJECT_NOT_FOUND, CATALOG_CONFLICT, STORE_UNAVAILABLE: repeat it
 */
export async function markBehind(
  env: Env,
  project: ProjectId,
  { spec, why, by, signal }: Lagging,
): Promise<CatalogDocument> {
  const atMs = Math.max(0, env.clock.nowMs());
  return await openCatalog(env, project).commit(
    (newest) => withBehind(existing(newest, project), spec, { why, by, atMs }),
    { signal },
  );
}

export function withBehind(
  before: CatalogDocument,
  spec: SpecName,
  { why, by, atMs }: { readonly why: string; readonly by: string; readonly atMs: number },
): CatalogDocument | undefined {
  const { operation, behind, fed, live } = before;
  const known = behind.find((one) => one.spec === spec);
  if (spec === live || !fed.includes(spec)) return undefined;
  if (known !== undefined && known.catchUp === null) return undefined;
  // One that was catching up stays where its groups are frozen, and starts again from there.
  const lagging = { spec, sinceMs: known?.sinceMs ?? atMs, catchUp: null };
  return {
    ...before,
    behind: [...behind.filter((one) => one.spec !== spec), lagging],
    operation: operation && {
      ...operation,
      token: operation.spec === spec ? null : operation.token,
      sourceMissed: operation.sourceMissed || operation.source === spec,
    },
    audit: [...before.audit, { atMs, what: `spec ${spec} is behind: ${why}`, by }],
  };
}

/**
 * The tail is kept again for a spec that is behind, up to a target that is taken from where the
 * logs end (protocol S7, both commits). Of several callers the first counts.
 *
 * @returns The newest catalog; the spec is not in `behind` any more when it has caught up.
 * @throws {ShaleError} PROJECT_NOT_FOUND, PIN_UNSTABLE, CATALOG_CONFLICT, STORE_UNAVAILABLE: repeat
 */
export async function beginCatchUp(
  env: Env,
  project: ProjectId,
  {
    spec,
    operation,
    signal,
  }: CallOptions & { readonly spec: SpecName; readonly operation: string },
): Promise<CatalogDocument> {
  const chain = openCatalog(env, project);
  const kept = await chain.commit(
    (newest) => withCatchUp(existing(newest, project), spec, operation),
    { signal },
  );
  if (catchUpOf(kept, spec)?.target !== null) return kept;
  const ends = await readEnds(patientEnv(env), kept, kept.live, { signal });
  return await chain.commit(
    (newest) => withTarget(existing(newest, project), { spec, operation, ends }),
    { signal },
  );
}

function catchUpOf({ behind }: CatalogDocument, spec: SpecName) {
  return behind.find((one) => one.spec === spec)?.catchUp;
}

function withCatchUp(before: CatalogDocument, spec: SpecName, operation: string) {
  if (catchUpOf(before, spec) !== null) return undefined; // Not behind, or on its way.
  const behind = before.behind.map((one) =>
    one.spec === spec ? { ...one, catchUp: { operation, target: null } } : one,
  );
  return { ...before, behind };
}

export function withTarget(
  before: CatalogDocument,
  {
    spec,
    operation,
    ends,
  }: { readonly spec: SpecName; readonly operation: string; readonly ends: CatalogVector },
): CatalogDocument | undefined {
  const catchUp = catchUpOf(before, spec);
  if (catchUp == null || catchUp.operation !== operation || catchUp.target !== null) {
    return undefined;
  }
  const target = withLaterWriters(ends, before);
  const behind = before.behind.map((one) =>
    one.spec === spec ? { ...one, catchUp: { operation, target } } : one,
  );
  return { ...before, behind };
}

/**
 * The spec has all rows up to its target: its drains go on from there.
 *
 * @param target As it was read: another one means that the spec fell behind again.
 */
export async function endCatchUp(
  env: Env,
  project: ProjectId,
  {
    spec,
    target,
    signal,
  }: CallOptions & { readonly spec: SpecName; readonly target: CatalogVector },
): Promise<CatalogDocument> {
  const name = JSON.stringify(target);
  return await openCatalog(env, project).commit(
    (newest) => {
      const before = existing(newest, project);
      const standing = catchUpOf(before, spec)?.target;
      if (standing == null || JSON.stringify(standing) !== name) return undefined;
      return { ...before, behind: before.behind.filter((one) => one.spec !== spec) };
    },
    { signal },
  );
}

/**
 * Freezes a group of a spec that catches up: claims of drains that began before are refused from
 * now on, and `base` says from where rows are missing. Done where it is frozen.
 *
 * @param first Where the group stands without a manifest: its spec's cut. What `base` does not name
 * stands there too.
 * @throws {ShaleError} MANIFEST_CLOSED, CATALOG_CONFLICT, STORE_UNAVAILABLE: repeat
 */
export async function freezeGroup(
  chain: Chain<ManifestDocument>,
  place: ManifestPlace,
  first: CatalogVector,
  options: CallOptions = {},
): Promise<ManifestDocument> {
  return await chain.commit((newest) => {
    if (newest === undefined) return { ...firstManifest(place, first), base: first };
    if (newest.closedMs !== null) throw manifestClosed(place);
    return newest.base === null ? { ...newest, claims: [], base: newest.watermarks } : undefined;
  }, options);
}
