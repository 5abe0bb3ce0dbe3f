import type { FileHandle } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { invariant, ShaleError } from "@shale/model";
import type { Disk, LogFile } from "../disk.ts";
import { checkKey } from "../object-key.ts";
import { nonceOf, type Random } from "../random.ts";
import { systemRandom } from "../system/system-random.ts";
import type { DurableFolders } from "./durable-folders.ts";
import { durableFolders, syncIfThere } from "./durable-folders.ts";
import type { FileCalls } from "./file-calls.ts";
import { nodeFileCalls } from "./file-calls.ts";
import { foundOrUndefined, guardedDiskCall, isErrno } from "./file-errors.ts";
import { temporaryNameOf } from "./hidden-names.ts";
import { readRange, writeWhole } from "./whole-file.ts";

export interface NodeDiskOptions {
  readonly random?: Random | undefined;
  /** The kernel's calls; tests give failing ones. */
  readonly calls?: FileCalls | undefined;
}

interface DiskFolder {
  readonly calls: FileCalls;
  readonly random: Random;
  readonly root: string;
  readonly folders: DurableFolders;
}

/** The folder `root` of this machine as a disk for logs. It appears with the first thing made. */
export function nodeDisk(root: string, options: NodeDiskOptions = {}): Disk {
  const calls = options.calls ?? nodeFileCalls;
  const random = options.random ?? systemRandom();
  const disk: DiskFolder = {
    calls,
    random,
    root: resolve(root),
    folders: durableFolders(calls, resolve(root)),
  };
  function pathOf(path: string): string {
    checkKey(path);
    return join(disk.root, path);
  }
  return {
    async makeFolder(path) {
      const folder = pathOf(path);
      return guardedDiskCall(`make the folder "${folder}"`, () => disk.folders.make(folder));
    },
    async listNames(path) {
      const folder = pathOf(path);
      return guardedDiskCall(`list "${folder}"`, async () => {
        const names = (await foundOrUndefined(calls.readdir(folder))) ?? [];
        return names.filter((name) => !name.startsWith(".")).sort();
      });
    },
    async createLog(path) {
      const file = pathOf(path);
      return guardedDiskCall(`create the log "${file}"`, () => createLog(disk, file));
    },
    async readFile(path) {
      const file = pathOf(path);
      return guardedDiskCall(`read "${file}"`, () => readFile(disk, file));
    },
    async exists(path) {
      const file = pathOf(path);
      return guardedDiskCall(
        `look up "${file}"`,
        async () => (await foundOrUndefined(calls.stat(file))) !== undefined,
      );
    },
    async createMarker(path, bytes) {
      const file = pathOf(path);
      return guardedDiskCall(`create "${file}"`, () => createMarker(disk, file, bytes));
    },
    async removeFile(path) {
      const file = pathOf(path);
      await guardedDiskCall(`remove "${file}"`, async () => {
        await foundOrUndefined(calls.unlink(file));
        await syncIfThere(disk.folders, dirname(file));
      });
    },
    async removeFolder(path) {
      const folder = pathOf(path);
      await guardedDiskCall(`remove the folder "${folder}"`, async () => {
        await calls.rm(folder, { recursive: true, force: true });
        disk.folders.forget();
        await syncIfThere(disk.folders, dirname(folder));
      });
    },
  };
}

async function createLog({ calls, folders }: DiskFolder, path: string): Promise<LogFile> {
  await folders.make(dirname(path));
  const handle = await calls.open(path, "ax");
  try {
    await handle.sync();
    await folders.sync(dirname(path));
  } catch (error) {
    // Nothing is in it: away with the name, so that it can be tried again.
    await Promise.allSettled([handle.close(), calls.unlink(path)]);
    throw error;
  }
  return logFileOf(path, handle);
}

/** Reads to where the end was when it was opened: the file may be growing. */
async function readFile({ calls }: DiskFolder, path: string): Promise<Uint8Array | undefined> {
  const handle = await foundOrUndefined(calls.open(path, "r"));
  if (handle === undefined) return undefined;
  try {
    const { size } = await handle.stat();
    return await readRange(handle, { start: 0, end: size });
  } finally {
    await handle.close();
  }
}

/** Written under a hidden name first: whoever sees the marker sees all of it. */
async function createMarker(
  { calls, random, folders }: DiskFolder,
  path: string,
  bytes: Uint8Array,
): Promise<boolean> {
  const folder = dirname(path);
  await folders.make(folder);
  const temporary = join(folder, temporaryNameOf(nonceOf(random)));
  const handle = await calls.open(temporary, "wx");
  let made = true;
  try {
    await writeWhole(handle, bytes);
    await handle.sync();
    await calls.link(temporary, path);
  } catch (error) {
    if (!isErrno(error, "EEXIST")) throw error;
    made = false;
  } finally {
    // What stays behind is removed by a sweep of the store that shares the root.
    await Promise.allSettled([handle.close(), calls.unlink(temporary)]);
  }
  // Also when it was there: its maker may not have got as far.
  await folders.sync(folder);
  return made;
}

function logFileOf(path: string, handle: FileHandle): LogFile {
  let sizeBytes = 0;
  let state: "open" | "appending" | "failed" | "closed" = "open";

  /**
   * After a failed write the end of the file is unknown, and after a failed sync the kernel may
   * have dropped what it could not write: a later sync that succeeds would prove nothing.
   */
  async function guarded(action: string, call: () => Promise<void>): Promise<void> {
    invariant(state !== "closed", `a closed log takes no more: ${path}`);
    if (state === "failed") {
      throw new ShaleError("DISK_FAILED", `Cannot ${action} "${path}": an earlier call failed`);
    }
    try {
      await guardedDiskCall(`${action} "${path}"`, call);
    } catch (error) {
      state = "failed";
      throw error;
    }
  }

  return {
    get sizeBytes() {
      return sizeBytes;
    },
    async append(chunks) {
      await guarded("append to", async () => {
        invariant(state === "open", `appends to a log do not overlap: ${path}`);
        state = "appending";
        for (const rest = nonEmpty(chunks); rest.length > 0; ) {
          const { bytesWritten } = await handle.writev(rest.slice(0, CHUNKS_MAX));
          sizeBytes += bytesWritten;
          dropFront(rest, bytesWritten);
        }
        if (state === "appending") state = "open";
      });
    },
    async sync() {
      // fdatasync(2) writes the size too, without which the bytes could not be read again.
      await guarded("sync", () => handle.datasync());
    },
    async close() {
      if (state === "closed") return;
      state = "closed";
      await guardedDiskCall(`close "${path}"`, () => handle.close());
    },
  };
}

/** Linux takes 1,024 in one call. */
const CHUNKS_MAX = 512;

function nonEmpty(chunks: readonly Uint8Array[]): Uint8Array[] {
  return chunks.filter((chunk) => chunk.length > 0);
}

/** Removes the first `count` bytes: writev(2) may take fewer than it was given. */
function dropFront(chunks: Uint8Array[], count: number): void {
  let rest = count;
  while (rest > 0) {
    const first = chunks[0];
    invariant(first !== undefined, `the kernel took no more than it was given: ${count}`);
    if (first.length > rest) {
      chunks[0] = first.subarray(rest);
      return;
    }
    rest -= first.length;
    chunks.shift();
  }
}
