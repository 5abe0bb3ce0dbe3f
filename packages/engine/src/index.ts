export { openStore } from "./open-store.ts";
export type {
  AppendOptions,
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
  ProjectSchema,
  ProjectStatus,
  PropertySchema,
  QueryOptions,
  SpecStatus,
  StatusFile,
  Store,
  WriterStatus,
} from "./store.ts";
export type { StoreOptions } from "./store-options.ts";
export { storeDefaults } from "./store-options.ts";
