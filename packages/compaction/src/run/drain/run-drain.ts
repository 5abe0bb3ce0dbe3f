import type { CatalogDocument } from "@shale/format";
import type { DrainPolicy, ListedTail } from "../../plan/plan-drains.ts";
import { planDrainRange } from "../../plan/plan-drains.ts";
import type { CompactionRun, GroupRun } from "../compaction-run.ts";
import { drainedNumbers } from "../group-positions.ts";
import type { JobEnd, JobResult } from "../under-claim.ts";
import { underClaim } from "../under-claim.ts";
import type { RangeRequest } from "./drain-ranges.ts";
import { tailAbove } from "./list-tail.ts";
import type { SharedRounds } from "./shared-rounds.ts";

/** Groups that drain at the same time do so together where they stand at the same place. */
export type DrainRounds = SharedRounds<RangeRequest, JobResult>;

export interface DrainRequest {
  /** Read before: it knows the writers of `heads`. */
  readonly seen: CatalogDocument;
  /** What stood in the tail, listed before this call (protocol C1). */
  readonly heads: ListedTail;
  readonly limits: Pick<DrainPolicy, "bytesMax" | "objectCountMax">;
  readonly rounds: DrainRounds;
}

/**
 * Drains a beginning of the tail into day files of one group (protocol C1): the heads were read,
 * the claim is put, the catalog is read, and only then the rows, by name.
 *
 * "stopped" while a cut is pending, or when the spec is not fed or behind.
 */
export async function runDrain(
  run: CompactionRun,
  group: GroupRun,
  { seen, heads, limits, rounds }: DrainRequest,
): Promise<JobEnd> {
  return await underClaim(run, group, { kind: "drain", inputs: [], seen }, async (job) => {
    if (!mayDrain(job.catalog, group)) return undefined;
    const above = drainedNumbers(job.catalog, group.spec, job.manifest);
    const range = planDrainRange(tailAbove(heads, above), limits);
    if (range.objectCount === 0) return undefined;
    return await rounds.ask({ run, group, job, above, range });
  });
}

/** Whether the catalog lets the spec be drained (protocol C1, S1, S7). */
export function mayDrain(
  { cutPending, fed, behind }: Pick<CatalogDocument, "cutPending" | "fed" | "behind">,
  { spec }: Pick<GroupRun, "spec">,
): boolean {
  return cutPending === null && fed.includes(spec) && behind.every((one) => one.spec !== spec);
}
