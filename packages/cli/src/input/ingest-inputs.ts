import { createReadStream } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { access, constants, open, stat } from "node:fs/promises";
import type { Readable } from "node:stream";
import type { IngestSource } from "@shale/engine";
import { ShaleError } from "@shale/model";
import { gunzipped } from "./gunzipped.ts";

/** How standard input is called in rejections and derived ids. */
export const STDIN_NAME = "-";
const CHUNK_BYTES = 256 * 1024;

/**
 * Files in the order they were named, or standard input for none.
 *
 * @throws {ShaleError} INPUT_NOT_READABLE, before anything is read, when any of them is missing, a
 * folder, or may not be read. A source throws INPUT_TRUNCATED, INPUT_CORRUPT, INPUT_NOT_READABLE,
 * and CANCELLED once the signal has aborted.
 */
export async function openIngestInputs(
  files: readonly string[],
  { stdin, signal }: { readonly stdin: Readable; readonly signal: AbortSignal },
): Promise<IngestSource[]> {
  const names = files.length === 0 ? [STDIN_NAME] : files;
  const sizes = await Promise.all(names.map(readSize));
  const openStream = (file: string): Readable =>
    file === STDIN_NAME ? stdin : createReadStream(file, { highWaterMark: CHUNK_BYTES });
  return names.map((file, index) => ({
    file,
    sizeBytes: sizes[index],
    bytes: readBytes(file, () => openStream(file), signal),
  }));
}

/** Bytes to expect after unpacking; undefined for pipes. */
async function readSize(file: string): Promise<number | undefined> {
  if (file === STDIN_NAME) return undefined;
  let handle: FileHandle | undefined;
  try {
    const stats = await stat(file);
    if (stats.isDirectory()) {
      throw new ShaleError(
        "INPUT_NOT_READABLE",
        `Cannot read ${JSON.stringify(file)}: it is a folder`,
        { details: { file } },
      );
    }
    await access(file, constants.R_OK);
    if (!stats.isFile()) return undefined;
    handle = await open(file);
    return await readUnpackedSize(handle, stats.size);
  } catch (error) {
    if (error instanceof ShaleError) throw error;
    throw notReadable(file, error);
  } finally {
    await handle?.close();
  }
}

/**
 * gzip ends with the unpacked size of its last member, modulo 4 GiB. That is what there is for a
 * progress bar; undefined where it cannot be right.
 */
async function readUnpackedSize(handle: FileHandle, size: number): Promise<number | undefined> {
  const bytes = Buffer.alloc(4);
  await handle.read(bytes, 0, 2, 0);
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b || size < 18) return size;
  await handle.read(bytes, 0, 4, size - 4);
  const unpacked = bytes.readUInt32LE(0);
  return unpacked < size ? undefined : unpacked;
}

function notReadable(file: string, error: unknown): ShaleError {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  const reasons: Record<string, string> = {
    ENOENT: "there is no such file",
    EACCES: "permission denied",
    EPERM: "permission denied",
    ENOTDIR: "a part of its path is no folder",
  };
  const why = reasons[String(code)] ?? (error instanceof Error ? error.message : String(error));
  return new ShaleError("INPUT_NOT_READABLE", `Cannot read ${JSON.stringify(file)}: ${why}`, {
    cause: error,
    details: { file },
  });
}

async function* readBytes(
  file: string,
  openStream: () => Readable,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const stream = openStream();
  const stop = (): void => {
    stream.destroy();
  };
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  try {
    yield* gunzipped(stream, file);
  } catch (error) {
    // A stream that was stopped fails in ways of its own, or just ends: the check below tells.
    if (!signal.aborted) throw error instanceof ShaleError ? error : notReadable(file, error);
  } finally {
    signal.removeEventListener("abort", stop);
    stop();
  }
  if (signal.aborted) {
    throw new ShaleError("CANCELLED", `Cannot read the rest of ${JSON.stringify(file)}: stopped`);
  }
}
