import { dirname } from "node:path";
import type { FileCalls } from "./file-calls.ts";
import { isErrno } from "./file-errors.ts";

/** Folders that are remembered as durable; above it they are synced once more. */
const REMEMBERED_MAX = 10_000;

/** Folders under one root whose own entries in their parents survive a crash of the machine. */
export interface DurableFolders {
  /** Makes `folder` and its parents where they are missing, all of them durably. */
  make(folder: string): Promise<void>;
  /** Makes the entries of `folder` durable: files that were linked, renamed or removed there. */
  sync(folder: string): Promise<void>;
  /** `folder` was found missing: somebody removed it, perhaps with its parents. */
  forget(): void;
}

export function durableFolders(calls: FileCalls, root: string): DurableFolders {
  const durable = new Set<string>();

  async function sync(folder: string): Promise<void> {
    const handle = await calls.open(folder, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  async function makeRoot(): Promise<void> {
    const made = await calls.mkdir(root, { recursive: true });
    if (made === undefined) return;
    for (let folder = root; ; folder = dirname(folder)) {
      await sync(dirname(folder));
      if (folder === made || folder === dirname(folder)) return;
    }
  }

  async function make(folder: string): Promise<void> {
    if (durable.has(folder)) return;
    if (folder === root) {
      await makeRoot();
    } else {
      const parent = dirname(folder);
      await make(parent);
      try {
        await calls.mkdir(folder);
      } catch (error) {
        if (!isErrno(error, "EEXIST")) throw error;
        // It may be another process's, made a moment ago and not yet durable: sync all the same.
        // What stands there may be a file: then the next call in it says ENOTDIR.
      }
      await sync(parent);
    }
    if (durable.size >= REMEMBERED_MAX) durable.clear();
    durable.add(folder);
  }

  return { make, sync, forget: () => durable.clear() };
}

/** Syncs `folder`; one that does not exist holds nothing that could be lost. */
export async function syncIfThere(folders: DurableFolders, folder: string): Promise<void> {
  try {
    await folders.sync(folder);
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
  }
}
