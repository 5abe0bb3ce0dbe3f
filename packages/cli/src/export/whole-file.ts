import { open, rename, rm } from "node:fs/promises";
import { outputError } from "./resumable-file.ts";

/** A file that is of no use before its end. */
export interface WholeFile {
  write(chunk: Uint8Array): Promise<void>;
  /** Gives the file its name; only now does anything stand under it. */
  finish(): Promise<void>;
  /** Removes what was written, if it did not get its name. */
  discard(): Promise<void>;
}

/**
 * Opens the file under the name `partial` until it is finished.
 *
 * @throws {ShaleError} OUTPUT_NOT_WRITABLE, DISK_FULL
 */
export async function openWholeFile(path: string, partial: string): Promise<WholeFile> {
  async function guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw outputError(path, error);
    }
  }
  const handle = await guarded(() => open(partial, "w"));
  let isDone = false;
  return {
    write: (chunk) => guarded(() => handle.writeFile(chunk)),
    finish: () =>
      guarded(async () => {
        await handle.sync();
        await handle.close();
        await rename(partial, path);
        isDone = true;
      }),
    async discard() {
      if (isDone) return;
      await guarded(async () => {
        await handle.close();
        await rm(partial, { force: true });
      });
    },
  };
}
