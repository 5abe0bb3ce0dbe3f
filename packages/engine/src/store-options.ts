import type { Clock, Disk, Env, Logger, ObjectStore, Processes, Random, Workers } from "@shale/env";

/** How to open a store: exactly one of `root`, `store` and `env` says where it is. */
export interface StoreOptions {
  /** A folder, made on the first write; ":memory:" keeps everything in this process. */
  readonly root?: string | undefined;
  /** Any conditional object store, in place of a folder. */
  readonly store?: ObjectStore | undefined;
  /** The whole outside world at once, as `simulatedEnv` makes it. */
  readonly env?: Env | undefined;
  /** Where write-ahead logs go when they shall not lie in `root`; needed for "wal" on a bucket. */
  readonly walDirectory?: string | undefined;
  /**
   * Threads that compaction may use beside this one, and as many that answer queries of a folder;
   * default one for each core. They start when there is work for them. 0: everything takes turns on
   * this thread. Not used with `env` or `workers`.
   */
  readonly workerCount?: number | undefined;
  /**
   * A query over fewer rows, roughly, is answered on this thread, default 200,000. 0: every query
   * is spread over the threads.
   */
  readonly fanOutRowsMin?: number | undefined;
  /**
   * For tests of what threads would answer where none can open the store (`env`, `store`,
   * ":memory:"): so many share the shards of a query and take turns on this thread, each with a
   * cache of its own. Default 0: one answers.
   */
  readonly inlineExecutorCount?: number | undefined;
  /** Refuses every write, and does not take over the logs of dead writers. */
  readonly readOnly?: boolean | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
  readonly logger?: Logger | undefined;
  readonly disk?: Disk | undefined;
  readonly processes?: Processes | undefined;
  readonly workers?: Workers | undefined;
  /**
   * Bytes of decoded rows and query state that the store may hold, default 512 MiB. Lower: less
   * memory, more reading. A query that cannot fit fails with MEMORY_EXCEEDED.
   */
  readonly memoryBytesMax?: number | undefined;
  /**
   * Longest time a row waits before other processes see it, ms, default 1,000. Lower: fresher
   * answers elsewhere, more and smaller tail objects.
   */
  readonly flushIntervalMs?: number | undefined;
  /**
   * "background" (the default): a process that appends also drains, merges and collects. "off": only
   * `compact` and `collect` do, here or in another process.
   */
  readonly compaction?: "background" | "off" | undefined;
}

export const storeDefaults = {
  memoryBytesMax: 512 * 1024 * 1024,
  flushIntervalMs: 1_000,
  compaction: "background",
  shards: 8,
} as const;
