import { fanOut } from "@shale/env";
import type { CatalogDocument, DayFileEntry } from "@shale/format";
import { ShaleError } from "@shale/model";
import type { MergeJob } from "../plan/plan-merge-jobs.ts";
import type { Merge } from "../plan/plan-merges.ts";
import { mayHoldHidden, newestTombstone } from "../plan/plan-purges.ts";
import { userRows } from "../task/find-deleted-task.ts";
import type { CompactionRun, GroupRun } from "./compaction-run.ts";
import type { InputFile } from "./read-inputs.ts";
import { openInput, readSelection } from "./read-inputs.ts";
import { rewriteEach } from "./rewrite-files.ts";
import { resultOf } from "./run-merge.ts";
import type { JobEnd, StandingJob } from "./under-claim.ts";
import { underClaim } from "./under-claim.ts";

/**
 * Brings runs of files past every tombstone, in one commit: those with a row of a deleted user are
 * written again without it, the others are marked in the manifest alone (protocol D2).
 */
export async function runPurge(
  run: CompactionRun,
  group: GroupRun,
  { seen, job }: { readonly seen: CatalogDocument; readonly job: MergeJob },
): Promise<JobEnd> {
  const inputs = job.merges.flatMap((merge) => merge.inputs);
  return await underClaim(run, group, { kind: "purge", inputs, seen }, async (standing) => {
    const { tombstones, retention } = standing.catalog;
    const kept = job.merges.filter(
      ({ day }) => retention.firstDay === null || day >= retention.firstDay,
    );
    if (tombstones.length === 0 || kept.length === 0) return undefined;
    const fan = { concurrency: run.parallel, signal: run.signal };
    const found = await fanOut(kept, fan, (merge) =>
      runHoldsDeleted(run, group, standing, merge.inputs),
    );
    const lagging = kept.filter((_, index) => found[index] === true);
    const results = await rewriteEach(run, { group, job: standing }, lagging);
    const result = resultOf(
      lagging.flatMap((merge) => merge.inputs),
      results,
    );
    const marked = kept
      .filter((_, index) => found[index] === false)
      .flatMap(({ inputs }) => inputs)
      .map((entry) => markedWith(entry, newestTombstone(tombstones)));
    return { ...result, change: { ...result.change, marked } };
  });
}

function markedWith(entry: DayFileEntry, tombstone: number): DayFileEntry {
  return { ...entry, tombstone: Math.max(entry.tombstone, tombstone) };
}

/** Under the claim, and by the tombstones of a catalog that was read after it (protocol C2). */
async function runHoldsDeleted(
  run: CompactionRun,
  group: GroupRun,
  { claimId, catalog }: StandingJob,
  inputs: readonly DayFileEntry[],
): Promise<boolean> {
  for (const entry of inputs) {
    if (!mayHoldHidden(entry, catalog.tombstones)) continue;
    if (await holdsDeletedUser(run, { group, claimId, entry }, catalog)) return true;
  }
  return false;
}

/** Stands in no manifest. */
const NO_CLAIM = "";

/** By file, the newest tombstone at which none of its users was found deleted. */
export type PurgeLooks = Map<string, number>;

/**
 * Whether a deleted user has rows in the files, from their user columns alone. Only says what pays:
 * which tombstones are applied is decided under the claim.
 */
export async function holdsDeleted(
  run: CompactionRun,
  group: GroupRun,
  catalog: CatalogDocument,
  { inputs, looks }: Pick<Merge, "inputs"> & { readonly looks: PurgeLooks },
): Promise<boolean> {
  const newest = newestTombstone(catalog.tombstones);
  for (const entry of inputs) {
    const isKnown = (looks.get(entry.id) ?? 0) >= newest;
    if (isKnown || !mayHoldHidden(entry, catalog.tombstones)) continue;
    const found = await fileHoldsDeleted(run, group, catalog, entry);
    if (found === true) return true;
    if (found === false) looks.set(entry.id, newest);
  }
  return false;
}

/** undefined: the file has gone. No claim protects it here, so that is no fault. */
async function fileHoldsDeleted(
  run: CompactionRun,
  group: GroupRun,
  catalog: CatalogDocument,
  entry: DayFileEntry,
): Promise<boolean | undefined> {
  try {
    return await holdsDeletedUser(run, { group, claimId: NO_CLAIM, entry }, catalog);
  } catch (error) {
    if (error instanceof ShaleError && error.code === "CLAIM_LOST") return undefined;
    throw error;
  }
}

/** From the user column alone; a row of the user may have been appended after the delete. */
async function holdsDeletedUser(
  run: CompactionRun,
  file: InputFile,
  { tombstoneKey, tombstones }: CatalogDocument,
): Promise<boolean> {
  const unapplied = tombstones.filter(({ number }) => number > file.entry.tombstone);
  const input = await openInput(run, file);
  return await run.tasks.findDeleted(
    {
      file: await readSelection(run, input, userRows),
      tombstones: { key: tombstoneKey, tombstones: unapplied },
    },
    { signal: run.signal },
  );
}
