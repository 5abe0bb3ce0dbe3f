import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { compactionTasks } from "@shale/compaction";
import {
  type Disk,
  type Env,
  filesystemStore,
  inlineWorkers,
  memoryDisk,
  memoryStore,
  nodeDisk,
  type ObjectStore,
  retryingStore,
  silentLogger,
  systemClock,
  systemProcesses,
  systemRandom,
  threadWorkers,
  type Workers,
} from "@shale/env";
import { ShaleError } from "@shale/model";
import { inlineExecutor, type ShardExecutor, threadExecutor } from "@shale/query";
import { reshardTasks } from "@shale/reshard";
import { createTailCache } from "@shale/scan";
import type { StoreOptions } from "./store-options.ts";

/** The outside world that the options describe. @throws {ShaleError} OPTION_INVALID */
export function environmentOf(options: StoreOptions): Env {
  const places = [options.root, options.store, options.env].filter((place) => place !== undefined);
  if (places.length !== 1) {
    throw new ShaleError(
      "OPTION_INVALID",
      `Cannot open a store: give exactly one of root, store and env, not ${places.length}`,
    );
  }
  if (options.env !== undefined) return options.env;
  const clock = options.clock ?? systemClock();
  const random = options.random ?? systemRandom();
  const logger = options.logger ?? silentLogger;
  const { store, disk } = placesOf(options);
  return {
    clock,
    random,
    logger,
    processes: options.processes ?? systemProcesses(),
    // A folder that fails a read fails it again; a bucket may not.
    store:
      options.store === undefined ? store : withReadsRepeated({ clock, random, logger }, store),
    disk,
    workers: options.workers ?? workersOf(options),
  };
}

/** One level below the package in `src` as in `dist`: the same line is right in both. */
const WORKER_ENTRY = new URL("../dist/worker.js", import.meta.url);

/** Threads are started when there is work for them. @throws {ShaleError} OPTION_INVALID */
function workersOf({ workerCount = availableParallelism() }: StoreOptions): Workers {
  if (!Number.isInteger(workerCount) || workerCount < 0) {
    throw new ShaleError(
      "OPTION_INVALID",
      `Cannot open a store with workerCount ${workerCount}: it must be 0 or more, a whole number`,
      { path: "workerCount" },
    );
  }
  const isInline = workerCount === 0;
  return isInline
    ? inlineWorkers({ ...compactionTasks, ...reshardTasks })
    : threadWorkers(WORKER_ENTRY, { size: workerCount });
}

/** The outside world of a thread that answers queries: it reads one folder and starts nothing. */
export function threadEnvironmentOf(root: string): Env {
  return {
    clock: systemClock(),
    random: systemRandom(),
    logger: silentLogger,
    processes: systemProcesses(),
    store: filesystemStore(root),
    disk: undefined,
    workers: inlineWorkers({}),
  };
}

/** What answers queries, each with its own shards; none where no thread can open the store. */
export interface QueryThreads {
  readonly executors: readonly ShardExecutor[];
  close(): Promise<void>;
}

/** Started at the first query that needs them. @throws {ShaleError} OPTION_INVALID */
export function queryThreadsOf(
  options: StoreOptions,
  { env, cacheBytesMax }: { readonly env: Env; readonly cacheBytesMax: number },
): QueryThreads {
  const { workerCount = availableParallelism(), inlineExecutorCount = 0 } = options;
  const root = hasOwnWorkers(options) ? folderOf(options) : undefined;
  const ownBytesOf = (count: number): number => Math.floor(cacheBytesMax / Math.max(1, count));
  if (root === undefined) {
    const own = ownBytesOf(inlineExecutorCount);
    const executors = Array.from({ length: inlineExecutorCount }, () => copyingExecutor(env, own));
    return { executors, close: async () => undefined };
  }
  const threads = Array.from({ length: workerCount }, () =>
    threadWorkers(WORKER_ENTRY, { size: 1 }),
  );
  const place = { root, cacheBytesMax: ownBytesOf(threads.length) };
  return {
    executors: threads.map((thread) => threadExecutor({ clock: env.clock, thread, place })),
    async close() {
      await Promise.all(threads.map((thread) => thread.close()));
    },
  };
}

/** Takes turns on this thread; what it is asked and says is copied, as between threads. */
function copyingExecutor(env: Env, cacheBytesMax: number): ShardExecutor {
  const inline = inlineExecutor(env, createTailCache({ bytesMax: cacheBytesMax }));
  return {
    async run(request, watch) {
      return structuredClone(await inline.run(structuredClone(request), watch));
    },
  };
}

/**
 * The folder in which the objects of the store are files; undefined where there is none. Absolute:
 * threads and SQL open it later, when the process may be in another folder.
 */
export function folderOf({ root }: StoreOptions): string | undefined {
  return root === undefined || root === ":memory:" ? undefined : resolve(root);
}

/** Whether the workers of the environment know the tasks of compaction. */
export function hasOwnWorkers({ env, workers }: StoreOptions): boolean {
  return env === undefined && workers === undefined;
}

function placesOf(options: StoreOptions): { store: ObjectStore; disk: Disk | undefined } {
  const { root, walDirectory } = options;
  const walDisk = walDirectory === undefined ? undefined : nodeDisk(walDirectory);
  if (options.store !== undefined) return { store: options.store, disk: options.disk ?? walDisk };
  if (root === ":memory:") return { store: memoryStore(), disk: options.disk ?? memoryDisk() };
  if (typeof root !== "string" || root === "" || /^[a-z][a-z0-9+.-]*:\/\//.test(root)) {
    throw new ShaleError(
      "OPTION_INVALID",
      `Cannot open a store at root ${JSON.stringify(root)}: it must be a folder or ":memory:"`,
    );
  }
  return { store: filesystemStore(root), disk: options.disk ?? walDisk ?? nodeDisk(root) };
}

/**
 * Reads are repeated when the store does not answer. Writes go out once: version chains and flushes
 * decide by their own nonces what became of an unanswered one (protocol P1, P2, W3).
 */
function withReadsRepeated(
  env: Pick<Env, "clock" | "random" | "logger">,
  store: ObjectStore,
): ObjectStore {
  const repeated = retryingStore(env, store);
  return {
    get: repeated.get,
    head: repeated.head,
    list: repeated.list,
    put: (key, bytes, condition, options) => store.put(key, bytes, condition, options),
    delete: (key, options) => store.delete(key, options),
    ...(store.sweep && { sweep: () => store.sweep?.() ?? Promise.resolve() }),
  };
}
