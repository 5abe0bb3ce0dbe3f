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
export type { PurgePlan } from "./plan/plan-purges.ts";
export { planPurges } from "./plan/plan-purges.ts";
