import type { Dirent } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../clock.ts";
import { isKeySegment } from "../object-key.ts";
import type { FileCalls } from "./file-calls.ts";
import { isErrno } from "./file-errors.ts";
import { isTemporaryName, lockOfSuccessor, SWEEP_MARK } from "./hidden-names.ts";
import { entriesOf } from "./list-keys.ts";

/** Age from which a hidden file is taken for left behind: far above any one write. */
export const STALE_MS = 3_600_000;

/**
 * Removes temporary files and void lock links that ended processes left under `root`, older than an
 * hour. At most once an hour, for it walks every folder; the time is kept in a file in the root.
 *
 * A write that was stopped for that long and then goes on fails, without effect: its link(2) or
 * rename(2) finds no source.
 */
export async function sweepHiddenFiles(
  calls: FileCalls,
  clock: Clock,
  root: string,
): Promise<void> {
  const mark = join(root, SWEEP_MARK);
  const nowMs = clock.nowMs();
  const markedMs = await modifiedMsOf(calls, mark);
  if (markedMs !== undefined && Math.abs(nowMs - markedMs) < STALE_MS) return;
  if ((await modifiedMsOf(calls, root)) === undefined) return;
  const handle = await calls.open(mark, "a");
  try {
    await handle.utimes(nowMs / 1000, nowMs / 1000);
  } finally {
    await handle.close();
  }
  await sweepFolder(calls, root, nowMs - STALE_MS);
}

async function sweepFolder(calls: FileCalls, folder: string, staleMs: number): Promise<void> {
  for (const entry of await readableEntriesOf(calls, folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (isKeySegment(entry.name)) await sweepFolder(calls, path, staleMs);
    } else if (await isLitter(calls, folder, entry.name)) {
      const modifiedMs = await modifiedMsOf(calls, path);
      if (modifiedMs !== undefined && modifiedMs < staleMs) await removeFile(calls, path);
    }
  }
}

/** A folder that may not be read is somebody else's: nothing of ours is in it. */
async function readableEntriesOf(calls: FileCalls, folder: string): Promise<Dirent[]> {
  try {
    return await entriesOf(calls, folder);
  } catch (error) {
    if (isErrno(error, "EACCES", "EPERM")) return [];
    throw error;
  }
}

async function isLitter(calls: FileCalls, folder: string, name: string): Promise<boolean> {
  if (isTemporaryName(name)) return true;
  const lock = lockOfSuccessor(name);
  // Void once the first lock of its chain is gone, and then for ever. This link was listed before
  // that is asked, so it cannot be of a later chain.
  return lock !== undefined && (await modifiedMsOf(calls, join(folder, lock))) === undefined;
}

/** Of the file itself, also when it is a link without a target; undefined when there is none. */
async function modifiedMsOf(calls: FileCalls, path: string): Promise<number | undefined> {
  try {
    return (await calls.lstat(path)).mtimeMs;
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}

async function removeFile(calls: FileCalls, path: string): Promise<void> {
  try {
    await calls.unlink(path);
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
  }
}
