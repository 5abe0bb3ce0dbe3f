export type { ReshardState, ReshardVerb, Transition } from "./states/transition-table.ts";
export { allows, commandsIn, transitionTable } from "./states/transition-table.ts";
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
