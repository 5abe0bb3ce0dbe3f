import { crc32 } from "node:zlib";
import type { CallOptions, Env } from "@shale/env";
import { fanOut } from "@shale/env";
import type { DayFileEntry, ManifestDocument, ManifestPageRef } from "@shale/format";
import { encodeManifestPage, outputId } from "@shale/format";
import { invariant, ShaleError } from "@shale/model";
import type { Chain } from "../chain/chain.ts";
import { pageKey } from "../object-keys.ts";
import { patientEnv } from "../patient-env.ts";
import { beginClaim } from "./begin-claim.ts";
import { endClaim, standing } from "./commit-claim.ts";
import { dropClaim } from "./end-claims.ts";
import type { EntryPages } from "./load-entries.ts";
import { loadPages } from "./load-entries.ts";
import type { FoldPlan } from "./plan-fold.ts";
import { foldOrderOf, planFold } from "./plan-fold.ts";

const WRITE_CONCURRENCY = 4;
/** Pages looked at together in the search for the last of what was removed. */
const SEARCH_PAGE_COUNT = 8;

export interface FoldOptions extends CallOptions {
  readonly pages?: EntryPages | undefined;
}

/**
 * Moves the changes of a manifest into pages (protocol P4), so that commits stay small. No file
 * changes; what other jobs commit meanwhile survives. `isFoldDue` says when it pays.
 *
 * @returns A version that holds the fold, or the newest where there is nothing to fold; undefined
 * when the group has no manifest.
 * @throws {ShaleError} CLAIM_REFUSED: another fold is under way; CLAIM_LOST, MANIFEST_CLOSED,
 * CATALOG_CONFLICT, PIN_UNSTABLE, OBJECT_CORRUPT, STORE_UNAVAILABLE: repeat
 */
export async function foldManifest(
  env: Env,
  chain: Chain<ManifestDocument>,
  options: FoldOptions = {},
): Promise<ManifestDocument | undefined> {
  const newest = await chain.loadNewest(options);
  if (newest === undefined || newest.closedMs !== null) return newest;
  if (newest.added.length + newest.removed.length === 0) return newest;
  const { project, spec, group, watermarks: first } = newest;
  const request = { project, spec, group, kind: "fold", inputs: [], first } as const;
  const { claim, manifest } = await beginClaim(env, chain, { ...request, signal: options.signal });
  try {
    const plan = planFold(manifest, await loadFoldPages(env, manifest, options));
    const refs = await writePages(env, manifest, { claim: claim.id, plan, options });
    return await chain.commit((head) => {
      const { before, claim: own } = standing(head, claim.id);
      return own === undefined ? undefined : applyFold(before, { claim: claim.id, plan, refs });
    }, options);
  } catch (error) {
    await dropQuietly(env, chain, claim.id);
    throw error;
  }
}

/** The pages of touched months, and further ones until everything that was removed is found. */
async function loadFoldPages(
  env: Env,
  manifest: ManifestDocument,
  options: FoldOptions,
): Promise<ReadonlyMap<string, readonly DayFileEntry[]>> {
  const { touched, others } = foldOrderOf(manifest);
  const sought = new Set(manifest.removed);
  const paged = new Map<string, readonly DayFileEntry[]>();
  async function look(refs: readonly ManifestPageRef[]): Promise<void> {
    const loaded = await loadPages(env, manifest, refs, options);
    for (const [i, { id }] of refs.entries()) {
      const entries = loaded[i] ?? [];
      paged.set(id, entries);
      for (const entry of entries) sought.delete(entry.id);
    }
  }
  await look(touched);
  for (let at = 0; at < others.length && sought.size > 0; at += SEARCH_PAGE_COUNT) {
    await look(others.slice(at, at + SEARCH_PAGE_COUNT));
  }
  invariant(sought.size === 0, `what was removed stood in a page: ${[...sought].slice(0, 3)}`);
  return paged;
}

interface PageWriting {
  readonly claim: string;
  readonly plan: FoldPlan;
  readonly options: FoldOptions;
}

/** Writes each page under a name that nobody else has: what is there already is this page. */
async function writePages(
  env: Env,
  { project, spec, group }: ManifestDocument,
  { claim, plan, options: { pages, signal } }: PageWriting,
): Promise<readonly ManifestPageRef[]> {
  const { store } = patientEnv(env);
  const numbered = [...plan.pages.entries()];
  const fanning = { concurrency: WRITE_CONCURRENCY, signal };
  return await fanOut(numbered, fanning, async ([number, entries], stop) => {
    const id = outputId(claim, number);
    const key = pageKey(project, spec, group, id);
    const bytes = encodeManifestPage(entries);
    await store.put(key, bytes, { ifAbsent: true }, { signal: stop });
    pages?.set(key, entries);
    const [firstEntry, lastEntry] = [entries[0], entries.at(-1)];
    invariant(firstEntry !== undefined && lastEntry !== undefined, "a page has an entry");
    return {
      id,
      firstDay: firstEntry.day,
      lastDay: lastEntry.day,
      entryCount: entries.length,
      bytes: bytes.length,
      crc: crc32(bytes).toString(16).padStart(8, "0"),
    };
  });
}

/**
 * The manifest with the pages in place of what they hold. A file that stands in a new page and went
 * meanwhile goes into `removed`; what others added meanwhile stays in `added`.
 */
export function applyFold(
  before: ManifestDocument,
  fold: {
    readonly claim: string;
    readonly plan: FoldPlan;
    readonly refs: readonly ManifestPageRef[];
  },
): ManifestDocument {
  const { claim, plan, refs } = fold;
  const replaced = new Set(plan.replaced);
  const kept = before.pages.filter(({ id }) => !replaced.has(id));
  invariant(
    kept.length + replaced.size === before.pages.length,
    `no other fold ran beside ${claim}`,
  );
  const folded = new Set(plan.folded);
  const cleared = new Set(plan.cleared);
  const still = new Set(before.added.map(({ id }) => id));
  return {
    ...endClaim(before, claim),
    pages: [...kept, ...refs].sort((a, b) => a.firstDay - b.firstDay || a.lastDay - b.lastDay),
    added: before.added.filter(({ id }) => !folded.has(id)),
    removed: [
      ...before.removed.filter((id) => !cleared.has(id)),
      ...plan.folded.filter((id) => !still.has(id)),
    ],
    written: { ...before.written, commits: before.written.commits + 1 },
  };
}

/** So that the next fold need not wait until the claim looks old. */
async function dropQuietly(
  env: Env,
  chain: Chain<ManifestDocument>,
  claimId: string,
): Promise<void> {
  try {
    await dropClaim(env, chain, claimId);
  } catch (error) {
    if (!(error instanceof ShaleError)) throw error;
    env.logger.warn("claim of a fold could not be dropped", { claim: claimId, code: error.code });
  }
}
