import type { CatalogDocument, DayFileEntry } from "@shale/format";
import { ShaleError } from "@shale/model";
import type { MergeJob } from "../plan/plan-merge-jobs.ts";
import type { Merge } from "../plan/plan-merges.ts";
import { mayHoldHidden, newestTombstone } from "../plan/plan-purges.ts";
import { userRows } from "../task/find-deleted-task.ts";
import type { CompactionRun, GroupRun } from "./compaction-run.ts";
import { openInput, readSelection } from "./read-inputs.ts";
import { rewriteEach } from "./rewrite-files.ts";
import { resultOf } from "./run-merge.ts";
import type { JobEnd } from "./under-claim.ts";
import { underClaim } from "./under-claim.ts";

/** Writes runs of files again without the rows of deleted users, in one commit. */
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
    const results = await rewriteEach(run, { group, job: standing }, kept);
    return resultOf(
      kept.flatMap((merge) => merge.inputs),
      results,
    );
  });
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
  { tombstoneKey, tombstones }: CatalogDocument,
  entry: DayFileEntry,
): Promise<boolean | undefined> {
  const unapplied = tombstones.filter(({ number }) => number > entry.tombstone);
  try {
    const input = await openInput(run, { group, claimId: NO_CLAIM, entry });
    const file = await readSelection(run, input, userRows);
    return await run.tasks.findDeleted(
      { file, tombstones: { key: tombstoneKey, tombstones: unapplied } },
      { signal: run.signal },
    );
  } catch (error) {
    if (error instanceof ShaleError && error.code === "CLAIM_LOST") return undefined;
    throw error;
  }
}
