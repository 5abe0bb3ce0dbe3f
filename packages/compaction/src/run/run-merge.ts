import { sumGenerations } from "@shale/columns";
import type { CatalogDocument, DayFileEntry } from "@shale/format";
import type { MergeJob } from "../plan/plan-merge-jobs.ts";
import type { Merge } from "../plan/plan-merges.ts";
import type { CompactionRun, GroupRun } from "./compaction-run.ts";
import type { RewrittenFiles } from "./rewrite-files.ts";
import { rewriteEach } from "./rewrite-files.ts";
import type { JobEnd, JobResult } from "./under-claim.ts";
import { underClaim } from "./under-claim.ts";

/**
 * Merges the files of some shard-days of a group, each into one run, in one commit. Duplicates and
 * rows of deleted users go (protocol C3). A merge that the catalog no longer allows is left out.
 */
export async function runMerge(
  run: CompactionRun,
  group: GroupRun,
  { seen, job }: { readonly seen: CatalogDocument; readonly job: MergeJob },
): Promise<JobEnd> {
  const inputs = job.merges.flatMap((merge) => merge.inputs);
  return await underClaim(run, group, { kind: "merge", inputs, seen }, async (standing) => {
    const allowed = job.merges.filter((merge) => mayMerge(standing.catalog, merge));
    if (allowed.length === 0) return undefined;
    const results = await rewriteEach(run, { group, job: standing }, allowed);
    return resultOf(
      allowed.flatMap((merge) => merge.inputs),
      results,
    );
  });
}

/** Expired files go by themselves; generations stay apart while a reshard is open (C4). */
function mayMerge({ operation, retention }: CatalogDocument, { inputs, day }: Merge): boolean {
  if (retention.firstDay !== null && day < retention.firstDay) return false;
  const generations = inputs.map((one) => one.generations.map((it) => it.generation).join());
  return operation === null || new Set(generations).size === 1;
}

/** The commit of a job that wrote `inputs` again. */
export function resultOf(
  inputs: readonly DayFileEntry[],
  results: readonly RewrittenFiles[],
): JobResult {
  return {
    change: {
      added: results.flatMap((result) => result.added),
      removed: inputs.map(({ id }) => id),
      balance: {
        in: sumGenerations(...inputs.map(({ generations }) => generations)),
        duplicates: sumGenerations(...results.map((result) => result.duplicates)),
        deleted: sumGenerations(...results.map((result) => result.deleted)),
      },
    },
    step: {
      inputs: inputs.length,
      inputBytes: inputs.reduce((sum, { bytes }) => sum + bytes, 0),
    },
  };
}
