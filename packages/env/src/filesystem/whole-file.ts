import type { BigIntStats } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Clock } from "../clock.ts";
import type { Random } from "../random.ts";
import { nonceOf } from "../random.ts";
import type { DurableFolders } from "./durable-folders.ts";
import type { FileCalls } from "./file-calls.ts";
import { isErrno } from "./file-errors.ts";
import { temporaryNameOf } from "./hidden-names.ts";
import { stampVersion } from "./version-token.ts";

/** One call moves less than 2 GiB on any kernel. */
const CALL_BYTES_MAX = 1 << 30;

/** What the pieces of the filesystem store share. */
export interface FileEnv {
  readonly calls: FileCalls;
  readonly clock: Clock;
  readonly random: Random;
  readonly folders: DurableFolders;
}

export interface TemporaryFile {
  readonly path: string;
  /** As it will be for as long as the content exists, under whatever name. */
  readonly stat: BigIntStats;
}

/**
 * Writes bytes under a hidden name in the folder of `path`, durably: a name that is given to the
 * file afterwards never stands for half an object, whatever crashes.
 */
export async function writeTemporaryFile(
  env: FileEnv,
  path: string,
  bytes: Uint8Array,
): Promise<TemporaryFile> {
  const temporary = join(dirname(path), temporaryNameOf(nonceOf(env.random)));
  const handle = await openTemporary(env, temporary);
  try {
    await writeWhole(handle, bytes);
    // Before the sync, which then makes the time as durable as the bytes.
    await stampVersion(env, handle);
    await handle.sync();
    const stat = await handle.stat({ bigint: true });
    await handle.close();
    return { path: temporary, stat };
  } catch (error) {
    // The first failure is the one to tell. What stays behind is removed by a sweep.
    await Promise.allSettled([handle.close()]);
    await Promise.allSettled([env.calls.unlink(temporary)]);
    throw error;
  }
}

async function openTemporary({ calls, folders }: FileEnv, path: string): Promise<FileHandle> {
  await folders.make(dirname(path));
  try {
    return await calls.open(path, "wx");
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
    folders.forget(); // Somebody removed the folder since it was made durable.
    await folders.make(dirname(path));
    return calls.open(path, "wx");
  }
}

/** Writes all bytes at the handle's position: a call may take fewer than it was given. */
export async function writeWhole(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const length = Math.min(bytes.length - done, CALL_BYTES_MAX);
    const { bytesWritten } = await handle.write(bytes, done, length);
    done += bytesWritten;
  }
}

/** Bytes [start, end) of a file that nobody changes; fewer only if somebody cut it off. */
export async function readRange(
  handle: FileHandle,
  { start, end }: { readonly start: number; readonly end: number },
): Promise<Uint8Array> {
  const bytes = new Uint8Array(end - start);
  let done = 0;
  while (done < bytes.length) {
    const length = Math.min(bytes.length - done, CALL_BYTES_MAX);
    const { bytesRead } = await handle.read(bytes, done, length, start + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return bytes.subarray(0, done);
}
