import type { UserHasher } from "@shale/columns";
import type { DayFileCompression } from "@shale/format";
import type { ProjectId, SpecName } from "@shale/model";
import type { CompactionStep } from "./compaction-report.ts";
import type { DrainPolicy } from "./plan/plan-drains.ts";
import { drainDefaults } from "./plan/plan-drains.ts";
import { type MergeJobLimits, mergeJobDefaults } from "./plan/plan-merge-jobs.ts";
import type { MergePolicy } from "./plan/plan-merges.ts";
import { mergeDefaults } from "./plan/plan-merges.ts";
import type { CompactionMemo } from "./run/compaction-memo.ts";

export interface CompactionPolicy {
  readonly drain: Omit<DrainPolicy, "mode">;
  readonly merge: Pick<MergePolicy, "fanIn" | "settleShare">;
  readonly mergeJobs: MergeJobLimits;
}
export const compactionPolicy: CompactionPolicy = {
  drain: drainDefaults,
  merge: mergeDefaults,
  mergeJobs: mergeJobDefaults,
};

export interface CompactionOptions {
  readonly project: ProjectId;
  readonly hasher: UserHasher;
  /**
   * "full": drain up to what stands in the tail now, settle every shard-day, write again whatever
   * lags behind a delete. "due": what the policy says has to be done.
   */
  readonly mode: "full" | "due";
  /** Of what jobs hold at a time, about. Lower: more and smaller files. */
  readonly memoryBytesMax?: number | undefined;
  /** True when `env.workers` has `compactionTasks`. Default: everything on this thread. */
  readonly onWorkers?: boolean | undefined;
  /** Only drains, of these specs; default: everything, of every spec that is not closed. */
  readonly drains?: readonly SpecName[] | undefined;
  /** Only says what would be done first. */
  readonly dryRun?: boolean | undefined;
  readonly policy?: CompactionPolicy | undefined;
  readonly compression?: DayFileCompression | undefined;
  /** What earlier compactions of this process learned; one for each project. */
  readonly memo?: CompactionMemo | undefined;
  readonly onProgress?: ((step: CompactionStep) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export const MEMORY_BYTES_DEFAULT = 536_870_912;
