import type { KeyLocks } from "./key-lock.ts";
import type { FileEnv } from "./whole-file.ts";

/** What reading and writing objects under one root needs. */
export interface FolderStore extends FileEnv {
  readonly root: string;
  readonly locks: KeyLocks;
  /** Bounds the open files: a caller may ask for thousands of objects at once. */
  readonly openFile: <T>(call: () => Promise<T>) => Promise<T>;
}
