export type { CallOptions, Clock } from "./clock.ts";
export type { Disk, LogFile } from "./disk.ts";
export type { Env } from "./env.ts";
export type { FanOutOptions } from "./fan-out.ts";
export { fanOut } from "./fan-out.ts";
export type { FilesystemStoreOptions } from "./filesystem/filesystem-store.ts";
export { filesystemStore } from "./filesystem/filesystem-store.ts";
export type { NodeDiskOptions } from "./filesystem/node-disk.ts";
export { nodeDisk } from "./filesystem/node-disk.ts";
export type { LogFields, Logger } from "./logger.ts";
export { silentLogger } from "./logger.ts";
export { memoryDisk } from "./memory/memory-disk.ts";
export { memoryStore } from "./memory/memory-store.ts";
export { checkKey, checkKeyPrefix } from "./object-key.ts";
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
export { LIST_LIMIT, listAll } from "./object-store.ts";
export { probeStore } from "./probe-store.ts";
export type { Processes, ProcessIdentity } from "./processes.ts";
export type { Random } from "./random.ts";
export { nonceOf } from "./random.ts";
export type { RetryPolicy } from "./retrying-store.ts";
export { retryDefaults, retryingStore } from "./retrying-store.ts";
export type { LogLevel } from "./system/console-logger.ts";
export { consoleLogger } from "./system/console-logger.ts";
export { systemClock } from "./system/system-clock.ts";
export { systemProcesses } from "./system/system-processes.ts";
export { systemRandom } from "./system/system-random.ts";
export { inlineWorkers } from "./workers/inline-workers.ts";
export { serveTasks } from "./workers/serve-tasks.ts";
export type { ThreadWorkersOptions } from "./workers/thread-workers.ts";
export { threadWorkers } from "./workers/thread-workers.ts";
export type { WorkerResult, Workers, WorkerTask, WorkerTasks } from "./workers.ts";
