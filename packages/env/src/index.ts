export type { CallOptions, Clock } from "./clock.ts";
export type { Disk, LogFile } from "./disk.ts";
export type { Env } from "./env.ts";
export type { LogFields, Logger } from "./logger.ts";
export { silentLogger } from "./logger.ts";
export type {
  DeleteOptions,
  DeleteOutcome,
  GetOptions,
  ListOptions,
  ListPage,
  ObjectEntry,
  ObjectStore,
  PutCondition,
  PutOutcome,
  StoredObject,
} from "./object-store.ts";
export { listAll } from "./object-store.ts";
export type { Processes, ProcessIdentity } from "./processes.ts";
export type { Random } from "./random.ts";
export { nonceOf } from "./random.ts";
export type { WorkerResult, Workers, WorkerTask, WorkerTasks } from "./workers.ts";
