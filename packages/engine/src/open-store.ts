import { listProjects } from "@shale/catalog";
import { loadUserHasher } from "@shale/columns";
import { probeStore } from "@shale/env";
import { checkShards, projectId, ShaleError } from "@shale/model";
import { createTailCache } from "@shale/scan";
import { closedError } from "./close-errors.ts";
import { environmentOf, folderOf, hasOwnWorkers, queryThreadsOf } from "./environment.ts";
import {
  type OpenProject,
  openProject,
  type ProjectCreationOptions,
} from "./project/open-project.ts";
import type { Store } from "./store.ts";
import { type StoreOptions, storeDefaults } from "./store-options.ts";

/** The part of the memory budget that decoded columns may fill; the rest is for query state. */
const CACHE_SHARE = 0.5;

/**
 * Opens a store. Nothing is read or written before a project is asked for.
 *
 * @throws {ShaleError} OPTION_INVALID
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const env = environmentOf(options);
  const memoryBytesMax = memoryBytesOf(options);
  checkFanOut(options);
  const hasher = await loadUserHasher();
  const cacheBytesMax = Math.floor(memoryBytesMax * CACHE_SHARE);
  const threads = queryThreadsOf(options, { env, cacheBytesMax: cacheBytesMax / 2 });
  const { executors } = threads;
  const root = folderOf(options);
  const isAlone = executors.length === 0;
  const cache = createTailCache({ bytesMax: isAlone ? cacheBytesMax : cacheBytesMax / 2 });
  const readOnly = options.readOnly ?? false;
  const projects = new Map<string, Promise<OpenProject>>();
  let probing: Promise<void> | undefined;
  let closing: Promise<void> | undefined;

  function probe(): Promise<void> {
    probing ??= probeStore(env).catch((error: unknown) => {
      probing = undefined; // A store that did not answer may answer the next time.
      throw error;
    });
    return probing;
  }
  function open(id: string, creation: ProjectCreationOptions): Promise<OpenProject> {
    const project = projectId(id);
    const settings = {
      flushIntervalMs: options.flushIntervalMs ?? storeDefaults.flushIntervalMs,
      memoryBytesMax,
      readOnly,
      onWorkers: hasOwnWorkers(options),
      compacts: (options.compaction ?? storeDefaults.compaction) === "background",
    };
    const { fanOutRowsMin } = options;
    const answering = { cache, executors, fanOutRowsMin, root, threads: executors.length || 1 };
    return openProject({ env, project, hasher, probe, ...answering, ...settings }, creation);
  }
  async function closeProjects(): Promise<void> {
    const opened = await Promise.allSettled(projects.values());
    const closed = await Promise.allSettled(
      opened.flatMap((one) => (one.status === "fulfilled" ? [one.value.close()] : [])),
    );
    await threads.close();
    if (options.workers === undefined && options.env === undefined) await env.workers.close();
    for (const one of closed) if (one.status === "rejected") throw one.reason;
  }
  const store: Store = {
    async projects() {
      if (closing !== undefined) throw closedError("list projects");
      return [...(await listProjects(env))];
    },
    async project(id, { shards = storeDefaults.shards, create = "if-missing" } = {}) {
      if (closing !== undefined) throw closedError("open a project");
      checkShards(shards);
      let opening = projects.get(id);
      if (opening === undefined) {
        opening = open(id, { shards, create });
        projects.set(id, opening);
        opening.catch(() => projects.delete(id));
      }
      return (await opening).project;
    },
    close: () => (closing ??= closeProjects()),
    [Symbol.asyncDispose]: () => store.close(),
  };
  return store;
}

function checkFanOut({ fanOutRowsMin = 0 }: StoreOptions): void {
  if (fanOutRowsMin >= 0) return;
  throw new ShaleError(
    "OPTION_INVALID",
    `Cannot open a store with fanOutRowsMin ${fanOutRowsMin}: it must be 0 or more`,
    { path: "fanOutRowsMin" },
  );
}

function memoryBytesOf({ memoryBytesMax = storeDefaults.memoryBytesMax }: StoreOptions): number {
  if (Number.isFinite(memoryBytesMax) && memoryBytesMax >= 1) return memoryBytesMax;
  throw new ShaleError(
    "OPTION_INVALID",
    `Cannot open a store with memoryBytesMax ${memoryBytesMax}: it must be 1 or more`,
    { path: "memoryBytesMax" },
  );
}
