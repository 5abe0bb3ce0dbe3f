export { memoryStore } from "@shale/env";
export type { ConformanceCase, OpenStore, RegisterTest } from "@shale/env/testing";
export { objectStoreCases, objectStoreConformance } from "@shale/env/testing";
export type { ArbitraryEventsOptions } from "./arbitraries/arbitrary-events.ts";
export { arbitraryEvents } from "./arbitraries/arbitrary-events.ts";
export type { ArbitraryFaultsOptions } from "./arbitraries/arbitrary-faults.ts";
export { arbitraryFaults } from "./arbitraries/arbitrary-faults.ts";
export type { ArbitraryQueryKind, ArbitraryQueryOptions } from "./arbitraries/arbitrary-query.ts";
export { arbitraryQuery } from "./arbitraries/arbitrary-query.ts";
export type { VocabularyOptions } from "./arbitraries/event-vocabulary.ts";
export type { Replayed, ReplayOptions, SeedOptions } from "./commands/replay.ts";
export { checkSeed, replay } from "./commands/replay.ts";
export type { StoreRunOptions } from "./commands/run-store-commands.ts";
export { runStoreCommands } from "./commands/run-store-commands.ts";
export type { StoreCommand } from "./commands/store-command.ts";
export type { StoreCommandsOptions } from "./commands/store-commands.ts";
export { storeCommands } from "./commands/store-commands.ts";
export type {
  LogPlace,
  ReferenceAppendOptions,
  ReferenceEventsOptions,
  ReferenceStore,
  ReferenceStoreOptions,
} from "./reference/reference-store.ts";
export { referenceStore } from "./reference/reference-store.ts";
export type {
  DiskOperation,
  Fault,
  FaultPlan,
  FaultRates,
  FaultRule,
  Operation,
  StoreOperation,
} from "./simulation/fault-plan.ts";
export type {
  FaultPointCounts,
  FaultPointOptions,
  FaultScenario,
  StruckRun,
} from "./simulation/fault-points.ts";
export { faultPoints } from "./simulation/fault-points.ts";
export { faultingDisk } from "./simulation/faulting-disk.ts";
export { faultingStore } from "./simulation/faulting-store.ts";
export type { BegunOperation, Faults, FaultsOptions, TraceEntry } from "./simulation/faults.ts";
export { createFaults } from "./simulation/faults.ts";
export type { ManualClock, ManualClockOptions } from "./simulation/manual-clock.ts";
export { manualClock } from "./simulation/manual-clock.ts";
export { seededRandom } from "./simulation/seeded-random.ts";
export type { SimulatedDisk } from "./simulation/simulated-disk.ts";
export { simulatedDisk } from "./simulation/simulated-disk.ts";
export type {
  ProcessOptions,
  SimulatedEnv,
  SimulationOptions,
} from "./simulation/simulated-env.ts";
export { simulatedEnv } from "./simulation/simulated-env.ts";
export type { ModelEntry, SentAppend, StoreModel } from "./world/store-model.ts";
export type {
  HeldRead,
  RunningProcess,
  Seat,
  StoreSystem,
  StoreWorldOptions,
} from "./world/store-system.ts";
