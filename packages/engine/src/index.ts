export type { PlainCell, PlainColumn, PlainTable, PlainType } from "@shale/arrow";
export type { CollectionReport, DeletionReceipt } from "@shale/catalog";
export type { CompactionReport } from "@shale/compaction";
export type {
  Aborted,
  Backfilled,
  BackfillOptions,
  BackfillProgress,
  BeginOptions,
  Begun,
  ComparedUnit,
  ComparisonJournal,
  ComparisonProgress,
  EndOptions,
  Finalized,
  FinalizeOptions,
  JournaledDay,
  PlanOptions,
  Reshard,
  ReshardCollected,
  ReshardLogEntry,
  ReshardPlan,
  ReshardState,
  ReshardStatus,
  ReshardVerb,
  RollbackComparison,
  RollbackOptions,
  RolledBack,
  SweptObject,
  Transition,
  UnitDifference,
  Validated,
  ValidateOptions,
} from "@shale/reshard";
export { allows, commandsIn, transitionTable } from "@shale/reshard";
export type { SqlValue } from "@shale/sql";
export type { Diagnosis, DiagnosisCode, DiagnosisFinding } from "./doctor/diagnosis.ts";
export { openStore } from "./open-store.ts";
export type {
  AppendOptions,
  CollectOptions,
  CompactOptions,
  DeleteUsersOptions,
  EventSchema,
  EventsOptions,
  ExportOptions,
  IngestOptions,
  IngestRejection,
  IngestReport,
  IngestSource,
  LogStatus,
  OnProgress,
  Progress,
  Project,
  ProjectOf,
  ProjectSchema,
  ProjectStatus,
  PropertySchema,
  QueryOptions,
  QueryPlan,
  QueryPlanDay,
  QueryPlanPass,
  RetentionSetting,
  SpecStatus,
  SqlOptions,
  StatusFile,
  Store,
  VerificationOptions,
  WriterStatus,
} from "./store.ts";
export type { StoreOptions } from "./store-options.ts";
export { storeDefaults } from "./store-options.ts";
export type {
  VerificationCode,
  VerificationFinding,
  VerificationNote,
  VerificationNoteCode,
  VerificationReport,
} from "./verify/verification.ts";
