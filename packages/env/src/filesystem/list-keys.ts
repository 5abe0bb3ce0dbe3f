import type { Dirent } from "node:fs";
import { join } from "node:path";
import { isKeySegment } from "../object-key.ts";
import type { FileCalls } from "./file-calls.ts";
import { isErrno } from "./file-errors.ts";

interface Wanted {
  readonly prefix: string;
  readonly after: string | undefined;
}

/**
 * The keys under `root` that start with `prefix` and sort after `after`, in the byte order of whole
 * keys. A folder is read only when a wanted key may be in it, and only once the walk gets there.
 */
export async function* keysUnder(
  calls: FileCalls,
  root: string,
  wanted: Wanted,
): AsyncGenerator<string> {
  const { prefix } = wanted;
  yield* keysOfFolder(calls, root, prefix.slice(0, prefix.lastIndexOf("/") + 1), wanted);
}

async function* keysOfFolder(
  calls: FileCalls,
  root: string,
  folderKey: string,
  wanted: Wanted,
): AsyncGenerator<string> {
  for (const name of await sortedNames(calls, join(root, folderKey))) {
    const key = folderKey + name;
    if (name.endsWith("/")) {
      if (mayHold(key, wanted)) yield* keysOfFolder(calls, root, key, wanted);
    } else if (isWanted(key, wanted)) {
      yield key;
    }
  }
}

function isWanted(key: string, { prefix, after }: Wanted): boolean {
  return key.startsWith(prefix) && (after === undefined || key > after);
}

/** Whether a key below `folderKey`, which ends in a slash, can be wanted. */
function mayHold(folderKey: string, { prefix, after }: Wanted): boolean {
  const fits = folderKey.startsWith(prefix) || prefix.startsWith(folderKey);
  // Every key below begins with folderKey: all are above `after`, or it lies among them.
  return fits && (after === undefined || folderKey > after || after.startsWith(folderKey));
}

/**
 * Files by name and folders by name and slash, so that sorting them sorts the whole keys: "a-b" is
 * before "a/b", which is before "a0". Hidden and foreign names are left out.
 */
async function sortedNames(calls: FileCalls, folder: string): Promise<string[]> {
  const names: string[] = [];
  for (const entry of await entriesOf(calls, folder)) {
    if (!isKeySegment(entry.name)) continue;
    const kind = entry.isSymbolicLink() ? await targetKind(calls, join(folder, entry.name)) : entry;
    if (kind?.isDirectory()) names.push(`${entry.name}/`);
    else if (kind?.isFile()) names.push(entry.name);
  }
  return names.sort();
}

/** The folder's entries; none when there is no such folder. */
export async function entriesOf(calls: FileCalls, folder: string): Promise<Dirent[]> {
  try {
    return await calls.readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (isErrno(error, "ENOENT")) return [];
    throw error;
  }
}

/** Folders may lie on another disk, behind a link. */
async function targetKind(calls: FileCalls, path: string) {
  try {
    return await calls.stat(path);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ELOOP")) return undefined;
    throw error;
  }
}
