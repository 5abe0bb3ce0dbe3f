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
} from "@shale/env";
import { ShaleError } from "@shale/model";
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
    workers: options.workers ?? inlineWorkers({}),
  };
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
