import type { BigIntStats } from "node:fs";
import { dirname, join } from "node:path";
import { ShaleError } from "@shale/model";
import type { CallOptions } from "../clock.ts";
import type { DeleteOptions, DeleteOutcome, PutCondition, PutOutcome } from "../object-store.ts";
import { syncIfThere } from "./durable-folders.ts";
import type { Progress } from "./file-errors.ts";
import { foundOrUndefined, isErrno } from "./file-errors.ts";
import type { FolderStore } from "./folder-store.ts";
import { statOf } from "./read-object.ts";
import { outlastVersion, versionOf } from "./version-token.ts";
import type { TemporaryFile } from "./whole-file.ts";
import { writeTemporaryFile } from "./whole-file.ts";

export interface Write {
  readonly key: string;
  readonly bytes: Uint8Array;
  readonly progress: Progress;
}

/**
 * link(2) decides: it fails when the name exists, in one step, for all processes. No lock is
 * needed, because whoever replaces or deletes under the lock only touches a name that exists, and
 * this only one that does not.
 */
export async function createObject(store: FolderStore, write: Write): Promise<PutOutcome> {
  const { calls, folders, root, openFile } = store;
  const path = join(root, write.key);
  if ((await statOf(store, write.key)) !== undefined) return lostOutcome(store, path);
  const temporary = await openFile(() => writeTemporaryFile(store, path, write.bytes));
  const written = await linkOnce(store, temporary, path, write.progress);
  // Before the sync, which then makes the removal as durable as the new name.
  await foundOrUndefined(calls.unlink(temporary.path));
  if (!written) return lostOutcome(store, path);
  await folders.sync(dirname(path));
  return { written: true, version: versionOf(temporary.stat) };
}

async function linkOnce(
  { calls }: FolderStore,
  temporary: TemporaryFile,
  path: string,
  progress: Progress,
): Promise<boolean> {
  try {
    await calls.link(temporary.path, path);
  } catch (error) {
    if (!isErrno(error, "EEXIST")) {
      await Promise.allSettled([calls.unlink(temporary.path)]);
      throw isErrno(error, "EPERM") ? noHardLinks(path, error) : error;
    }
    // With a second name the object is this file: a network file system has sent link(2) again
    // after its reply was lost.
    const stat = await foundOrUndefined(calls.stat(temporary.path));
    if (stat === undefined || stat.nlink < 2) return false;
  }
  progress.effective = true;
  return true;
}

function noHardLinks(path: string, cause: unknown): ShaleError {
  return new ShaleError(
    "STORE_RULES_BROKEN",
    `Cannot create "${path}": the file system has no hard links (EPERM)`,
    { cause },
  );
}

/**
 * The loser may go on from what it lost to, and a caller that finds its own earlier, unclear write
 * takes it for confirmed: so what it found must survive a crash too.
 */
async function lostOutcome(store: FolderStore, path: string): Promise<PutOutcome> {
  await syncIfThere(store.folders, dirname(path));
  return { written: false };
}

export async function replaceObject(
  store: FolderStore,
  { key, bytes, progress }: Write,
  condition: Exclude<PutCondition, { readonly ifAbsent: true }>,
  options: CallOptions,
): Promise<PutOutcome> {
  const { calls, clock, folders, root, locks, openFile } = store;
  const path = join(root, key);
  const isMet = (stat: BigIntStats | undefined) =>
    "always" in condition || (stat !== undefined && versionOf(stat) === condition.ifVersion);
  if (!isMet(await statOf(store, key))) return lostOutcome(store, path);
  // Outside the lock, which others wait for.
  const temporary = await openFile(() => writeTemporaryFile(store, path, bytes));
  try {
    return await locks.run(path, options, async () => {
      const before = await statOf(store, key);
      if (!isMet(before)) return await lostOutcome(store, path);
      if (before !== undefined) await outlastVersion(clock, before);
      options.signal?.throwIfAborted();
      await calls.rename(temporary.path, path);
      progress.effective = true;
      // Under the lock: what the next holder finds, and builds on, is durable.
      await folders.sync(dirname(path));
      return { written: true, version: versionOf(temporary.stat) };
    });
  } finally {
    // Where it was not renamed. What stays behind is removed by a sweep.
    if (!progress.effective) await Promise.allSettled([calls.unlink(temporary.path)]);
  }
}

export async function deleteObject(
  store: FolderStore,
  key: string,
  options: DeleteOptions,
  progress: Progress,
): Promise<DeleteOutcome> {
  const { calls, clock, folders, root, locks } = store;
  const path = join(root, key);
  const { ifVersion } = options;
  /** What to answer without deleting; undefined: delete. */
  async function settledOutcome(stat: BigIntStats | undefined) {
    if (stat !== undefined && (ifVersion === undefined || versionOf(stat) === ifVersion)) {
      return undefined;
    }
    await syncIfThere(folders, dirname(path)); // An earlier delete without a reply, made durable.
    return { deleted: stat === undefined };
  }
  const settled = await settledOutcome(await statOf(store, key));
  if (settled !== undefined) return settled;
  return locks.run(path, options, async () => {
    const stat = await statOf(store, key);
    const outcome = await settledOutcome(stat);
    if (outcome !== undefined) return outcome;
    if (stat !== undefined) await outlastVersion(clock, stat);
    options.signal?.throwIfAborted();
    await foundOrUndefined(calls.unlink(path));
    progress.effective = true;
    await folders.sync(dirname(path));
    return { deleted: true };
  });
}
