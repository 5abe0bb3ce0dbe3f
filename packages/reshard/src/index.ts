export type { Backfilled, BackfillOptions, BackfillProgress } from "./commands/backfill-reshard.ts";
export type { BeginOptions, Begun } from "./commands/begin-reshard.ts";
export type { Aborted, EndOptions, ReshardCollected } from "./commands/end-reshard.ts";
export type { Finalized, FinalizeOptions } from "./commands/finalize-reshard.ts";
export type { FollowOptions } from "./commands/follow-reshard.ts";
export type { PlanOptions, ReshardPlan } from "./commands/plan-reshard.ts";
export type { ReshardLogEntry, ReshardStatus } from "./commands/read-reshard.ts";
export type { ReshardContext } from "./commands/reshard-context.ts";
export type {
  RollbackComparison,
  RollbackOptions,
  RolledBack,
} from "./commands/rollback-reshard.ts";
export type { Validated, ValidateOptions } from "./commands/validate-reshard.ts";
export { copyWindowOf } from "./copy/copy-window.ts";
export type { Reshard } from "./open-reshard.ts";
export { reshardOf } from "./open-reshard.ts";
export type { ReshardState, ReshardVerb, Transition } from "./states/transition-table.ts";
export { allows, commandsIn, transitionTable } from "./states/transition-table.ts";
export { reshardTasks } from "./task/reshard-tasks.ts";
export { compareSpecs } from "./validate/compare-specs.ts";
export type {
  ComparedUnit,
  ComparisonOptions,
  ComparisonProgress,
  DayComparison,
  SpecComparison,
  UnitDifference,
  UnitFacts,
} from "./validate/comparison.ts";
export type { ComparisonJournal, JournaledDay } from "./validate/comparison-journal.ts";
export { createComparisonJournal } from "./validate/comparison-journal.ts";
export type { SweptObject } from "./validate/sweep-objects.ts";
