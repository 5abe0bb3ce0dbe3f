import type { FileHandle } from "node:fs/promises";
import { open, readFile, rename, rm, writeFile } from "node:fs/promises";
import { ShaleError } from "@shale/model";

/**
 * How far an export has come: everything before `day` is whole in the first `bytes` bytes of the
 * partial file. `wanted` tells whether a later run asks for the same.
 */
export interface Checkpoint {
  readonly wanted: string;
  readonly snapshot: string;
  /** UTC day to go on with; null is the beginning. */
  readonly day: string | null;
  readonly bytes: number;
  readonly events: number;
}

const partialOf = (path: string): string => `${path}.partial`;
const checkpointOf = (path: string): string => `${path}.partial.json`;

/** Where an unfinished export of the same events stands; undefined when there is none to go on with. */
export async function readCheckpoint(
  path: string,
  wanted: string,
): Promise<Checkpoint | undefined> {
  const text = await readIfThere(checkpointOf(path));
  if (text === undefined) return undefined;
  const checkpoint = decodeCheckpoint(text);
  return checkpoint?.wanted === wanted ? checkpoint : undefined;
}

/** A file that a crash tore says nothing: the export begins again. */
function decodeCheckpoint(text: string): Checkpoint | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { wanted, snapshot, day, bytes, events } = value as Record<keyof Checkpoint, unknown>;
  const isDay = day === null || typeof day === "string";
  const isWhole = typeof bytes === "number" && typeof events === "number";
  if (typeof wanted !== "string" || typeof snapshot !== "string" || !isDay || !isWhole) {
    return undefined;
  }
  return { wanted, snapshot, day, bytes, events };
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw outputError(path, error);
  }
}

export interface ResumableFile {
  write(chunk: Uint8Array): Promise<void>;
  /** Makes what was written durable, then the checkpoint. */
  save(checkpoint: Checkpoint): Promise<void>;
  /** Gives the file its name; only now does anything stand under it. */
  finish(): Promise<void>;
  /** Leaves the partial file for a later run. */
  close(): Promise<void>;
}

/** Opens the partial file cut to the checkpoint. @throws {ShaleError} OUTPUT_NOT_WRITABLE, DISK_FULL */
export async function openResumableFile(path: string, start: Checkpoint): Promise<ResumableFile> {
  let file: FileHandle | undefined;
  async function guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw outputError(path, error);
    }
  }
  const handle = await guarded(() => open(partialOf(path), start.bytes === 0 ? "w" : "r+"));
  file = handle;
  let offset = start.bytes;
  await guarded(() => handle.truncate(start.bytes));
  async function close(): Promise<void> {
    const closing = file;
    file = undefined;
    await closing?.close();
  }
  return {
    write: (chunk) =>
      guarded(async () => {
        let written = 0;
        while (written < chunk.length) {
          const left = chunk.length - written;
          const { bytesWritten } = await handle.write(chunk, written, left, offset + written);
          written += bytesWritten;
        }
        offset += written;
      }),
    save: (checkpoint) =>
      guarded(async () => {
        await handle.datasync();
        await writeFile(checkpointOf(path), JSON.stringify(checkpoint));
      }),
    finish: () =>
      guarded(async () => {
        await handle.sync();
        await close();
        await rename(partialOf(path), path);
        await rm(checkpointOf(path), { force: true });
      }),
    close: () => guarded(close),
  };
}

/** What a failed write means to the one who asked for the file. */
export function outputError(path: string, error: unknown): unknown {
  if (!(error instanceof Error) || !("code" in error)) return error;
  const name = JSON.stringify(path);
  if (error.code === "ENOSPC" || error.code === "EDQUOT") {
    return new ShaleError("DISK_FULL", `Cannot write ${name}: no space is left`, { cause: error });
  }
  return new ShaleError("OUTPUT_NOT_WRITABLE", `Cannot write ${name}: ${error.message}`, {
    cause: error,
  });
}
