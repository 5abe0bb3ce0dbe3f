import type { CallOptions, Env } from "@shale/env";
import { nonceOf } from "@shale/env";
import type {
  CatalogVector,
  DayFileEntry,
  ManifestClaim,
  ManifestClaimKind,
  ManifestDocument,
} from "@shale/format";
import { ShaleError } from "@shale/model";
import type { Chain } from "../chain/chain.ts";
import type { EntryPages } from "./load-entries.ts";
import { loadPages } from "./load-entries.ts";
import type { ManifestPlace } from "./manifest-place.ts";
import { isAlone } from "./manifest-rules.ts";
import { firstManifest } from "./open-manifest.ts";

/** Folds that may change the pages while a claim looks its inputs up in them. */
const LOOK_COUNT_MAX = 16;

/** A file that a job may drop, as `loadEntries` gives it. */
export type ClaimInput = Pick<DayFileEntry, "id" | "day">;

export interface ClaimRequest extends ManifestPlace, CallOptions {
  readonly kind: ManifestClaimKind;
  readonly inputs: readonly ClaimInput[];
  /** Where a group stands that has no manifest yet: its spec's cut (protocol R1). */
  readonly first: CatalogVector;
  /** 32 hex digits; the same twice is one claim. Default: fresh ones. */
  readonly id?: string | undefined;
  readonly pages?: EntryPages | undefined;
}

export interface BegunClaim {
  readonly claim: ManifestClaim;
  /** A version in which the claim stands. */
  readonly manifest: ManifestDocument;
}

/**
 * Puts a job's claim into the manifest, before the job reads the catalog (protocol C2). While it
 * stands, no other job can take its inputs, or start as a second drain or fold.
 *
 * @throws {ShaleError} CLAIM_REFUSED: another claim has an input, an input is no longer listed, or
 * a claim of this kind stands; MANIFEST_CLOSED; CATALOG_CONFLICT; STORE_UNAVAILABLE: the claim may
 * stand: repeat with the same `id`, or leave it to whoever takes over
 */
export async function beginClaim(
  env: Env,
  chain: Chain<ManifestDocument>,
  request: ClaimRequest,
): Promise<BegunClaim> {
  const { host, pid, started } = env.processes.self;
  const claim: ManifestClaim = {
    id: request.id ?? nonceOf(env.random),
    kind: request.kind,
    owner: { host, pid, started },
    startedMs: Math.max(0, env.clock.nowMs()),
    inputs: request.inputs.map(({ id }) => id),
  };
  for (let lookCount = 1; lookCount <= LOOK_COUNT_MAX; lookCount++) {
    const seen = await chain.loadNewest({ signal: request.signal });
    const paged = await pagedInputs(env, seen, request);
    const manifest = await chain.commit(
      (newest) => planClaim(newest, { claim, request, pages: seen?.pages ?? [], paged }),
      { signal: request.signal },
    );
    const standing = manifest.claims.find(({ id }) => id === claim.id);
    if (standing !== undefined) return { claim: standing, manifest };
  }
  throw new ShaleError(
    "CATALOG_CONFLICT",
    `Cannot claim files of ${nameOf(request)}: its pages changed ${LOOK_COUNT_MAX} times`,
  );
}

/** Ids of inputs that stand in the pages of the version that was seen. */
async function pagedInputs(
  env: Env,
  seen: ManifestDocument | undefined,
  { inputs, pages, signal }: ClaimRequest,
): Promise<ReadonlySet<string>> {
  if (seen === undefined || inputs.length === 0) return new Set();
  const added = new Set(seen.added.map(({ id }) => id));
  const days = new Map(
    inputs.filter(({ id }) => !added.has(id)).map(({ id, day }) => [id, day] as const),
  );
  const refs = seen.pages.filter(({ firstDay, lastDay }) =>
    [...new Set(days.values())].some((day) => firstDay <= day && day <= lastDay),
  );
  const loaded = await loadPages(env, seen, refs, { pages, signal });
  const found = loaded.flatMap((entries) => entries.filter(({ id }) => days.has(id)));
  return new Set(found.map(({ id }) => id));
}

interface ClaimPlan {
  readonly claim: ManifestClaim;
  readonly request: ClaimRequest;
  /** The pages that were looked at. */
  readonly pages: ManifestDocument["pages"];
  readonly paged: ReadonlySet<string>;
}

/** The manifest with the claim. Also undefined where a fold changed the pages: look again. */
function planClaim(newest: ManifestDocument | undefined, plan: ClaimPlan) {
  const { claim, request, pages, paged } = plan;
  const before = newest ?? firstManifest(request, request.first);
  if (before.claims.some(({ id }) => id === claim.id)) return undefined; // P2: the edit's own mark.
  if (before.closedMs !== null) throw manifestClosed(request);
  const wanted = new Set(claim.inputs);
  const rival = before.claims.find(({ kind, inputs }) => {
    const isSecond = isAlone(claim.kind) && kind === claim.kind;
    return isSecond || inputs.some((id) => wanted.has(id));
  });
  if (rival !== undefined) throw refused(request, `the ${rival.kind} ${rival.id} stands`);
  const [added, removed] = [new Set(before.added.map(({ id }) => id)), new Set(before.removed)];
  const unlisted = claim.inputs.filter((id) => !added.has(id));
  const isSeen =
    before.pages.length === pages.length && before.pages.every(({ id }, i) => id === pages[i]?.id);
  if (unlisted.length > 0 && newest !== undefined && !isSeen) return undefined;
  const lost = unlisted.find((id) => removed.has(id) || !paged.has(id));
  if (lost !== undefined) throw refused(request, `file ${lost} is no longer listed`);
  return { ...before, claims: [...before.claims, claim] };
}

function refused(request: ClaimRequest, why: string): ShaleError {
  return new ShaleError(
    "CLAIM_REFUSED",
    `Cannot claim a ${request.kind} of ${nameOf(request)}: ${why}`,
  );
}

export function manifestClosed(place: ManifestPlace): ShaleError {
  return new ShaleError("MANIFEST_CLOSED", `Cannot commit to ${nameOf(place)}: it is closed`);
}

export function nameOf({ project, spec, group }: ManifestPlace): string {
  return `group ${group} of spec ${spec}, project "${project}"`;
}
