import { resolve } from "node:path";
import pLimit from "p-limit";
import type { Clock } from "../clock.ts";
import { checkKey, checkKeyPrefix } from "../object-key.ts";
import type { ObjectStore } from "../object-store.ts";
import type { Processes } from "../processes.ts";
import type { Random } from "../random.ts";
import { systemClock } from "../system/system-clock.ts";
import { systemProcesses } from "../system/system-processes.ts";
import { systemRandom } from "../system/system-random.ts";
import { durableFolders } from "./durable-folders.ts";
import type { FileCalls } from "./file-calls.ts";
import { nodeFileCalls } from "./file-calls.ts";
import { guardedStoreCall } from "./file-errors.ts";
import type { FolderStore } from "./folder-store.ts";
import { keyLocks } from "./key-lock.ts";
import { listObjects, readEntry, readObject } from "./read-object.ts";
import { sweepHiddenFiles } from "./sweep-hidden-files.ts";
import { createObject, deleteObject, replaceObject } from "./write-object.ts";

export interface FilesystemStoreOptions {
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
  readonly processes?: Processes | undefined;
  /** Longest wait for a live process that replaces or deletes the same object; default 10,000. */
  readonly lockWaitMsMax?: number | undefined;
  /** The kernel's calls; tests give failing ones. */
  readonly calls?: FileCalls | undefined;
}

/** Files open at the same time: far below the usual limit of 1,024 for a process. */
const OPEN_FILES_MAX = 64;

/**
 * A folder as an object store: an object is one file, its key the path below `root`.
 *
 * Conditions hold between processes and an acknowledged write survives a crash of the machine, on
 * a file system with link(2), symlink(2), fsync and times of a microsecond. Nothing is made by
 * reading: the root appears with the first write. Readers take no lock, for a file never changes
 * under its name: a content is written elsewhere and then given the name in one step.
 */
export function filesystemStore(root: string, options: FilesystemStoreOptions = {}): ObjectStore {
  const calls = options.calls ?? nodeFileCalls;
  const clock = options.clock ?? systemClock();
  const random = options.random ?? systemRandom();
  const folders = durableFolders(calls, resolve(root));
  const env = { calls, clock, random, folders };
  const processes = options.processes ?? systemProcesses();
  const waitMsMax = options.lockWaitMsMax ?? 10_000;
  const store: FolderStore = {
    ...env,
    root: resolve(root),
    locks: keyLocks({ ...env, processes }, { waitMsMax }),
    openFile: pLimit(OPEN_FILES_MAX),
  };

  return {
    async get(key, options = {}) {
      checkKey(key);
      return guardedStoreCall(`read "${key}"`, () => readObject(store, key, options));
    },
    async head(key, { signal } = {}) {
      checkKey(key);
      signal?.throwIfAborted();
      return guardedStoreCall(`look up "${key}"`, () => readEntry(store, key));
    },
    async put(key, bytes, condition, options = {}) {
      checkKey(key);
      options.signal?.throwIfAborted();
      return guardedStoreCall(`write "${key}"`, (progress) =>
        "ifAbsent" in condition
          ? createObject(store, { key, bytes, progress })
          : replaceObject(store, { key, bytes, progress }, condition, options),
      );
    },
    async delete(key, options = {}) {
      checkKey(key);
      options.signal?.throwIfAborted();
      return guardedStoreCall(`delete "${key}"`, (progress) =>
        deleteObject(store, key, options, progress),
      );
    },
    async list(prefix, options = {}) {
      checkKeyPrefix(prefix);
      return guardedStoreCall(`list "${prefix}"`, () => listObjects(store, prefix, options));
    },
    async sweep() {
      return guardedStoreCall("remove stale hidden files", () =>
        sweepHiddenFiles(calls, clock, store.root),
      );
    },
  };
}
