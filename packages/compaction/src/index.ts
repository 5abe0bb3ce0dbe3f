export { compactProject } from "./compact-project.ts";
export type { CompactionLoopOptions } from "./compaction-loop.ts";
export { runCompactionLoop } from "./compaction-loop.ts";
export type { CompactionOptions, CompactionPolicy } from "./compaction-options.ts";
export { compactionPolicy } from "./compaction-options.ts";
export type {
  CompactionAction,
  CompactionCounts,
  CompactionReport,
  CompactionStep,
  ReportBuilder,
} from "./compaction-report.ts";
export { createReport, writeAmplificationOf } from "./compaction-report.ts";
export type { FileRun } from "./plan/file-runs.ts";
export { isSettled, runsOf } from "./plan/file-runs.ts";
export type {
  Drain,
  DrainPolicy,
  GroupTail,
  ListedObject,
  ListedTail,
} from "./plan/plan-drains.ts";
export { drainDefaults, planDrains } from "./plan/plan-drains.ts";
export { planExpiry } from "./plan/plan-expiry.ts";
export type { MergeJob, MergeJobLimits } from "./plan/plan-merge-jobs.ts";
export { mergeJobDefaults, planMergeJobs } from "./plan/plan-merge-jobs.ts";
export type { Merge, MergePolicy } from "./plan/plan-merges.ts";
export { mergeDefaults, planMerges } from "./plan/plan-merges.ts";
export type { PurgePolicy } from "./plan/plan-purges.ts";
export { planPurges } from "./plan/plan-purges.ts";
export { takeOverClaims } from "./run/compact-group.ts";
export type { CompactionMemo } from "./run/compaction-memo.ts";
export { createCompactionMemo } from "./run/compaction-memo.ts";
export type { CompactionRun, GroupRun } from "./run/compaction-run.ts";
export { createRun, groupRun, newestCatalog } from "./run/compaction-run.ts";
export { firstVector } from "./run/group-positions.ts";
export type { Output } from "./run/put-files.ts";
export { batchesOf, hexOf, putFiles } from "./run/put-files.ts";
export { REWRITE_FACTOR } from "./run/rewrite-files.ts";
export type { JobEnd, JobResult, StandingJob } from "./run/under-claim.ts";
export { underClaim } from "./run/under-claim.ts";
export {
  compactionTasks,
  inlineTasks,
  wholeBuffers,
  workerTasks,
} from "./task/compaction-tasks.ts";
export { encodeFile } from "./task/encode-file.ts";
export type { FileBytes } from "./task/file-rows.ts";
export { storedRowsOf, wholeFileOf, wholeRows } from "./task/file-rows.ts";
export { generationAt } from "./task/generation-at.ts";
export type { EncodedFile, TaskPlace, TaskTombstones } from "./task/task-place.ts";
