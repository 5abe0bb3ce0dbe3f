import * as fs from "node:fs/promises";

/** The kernel calls that the filesystem store and disk make; tests fail them one by one. */
export type FileCalls = Pick<
  typeof fs,
  | "link"
  | "lstat"
  | "mkdir"
  | "open"
  | "readdir"
  | "readlink"
  | "rename"
  | "rm"
  | "stat"
  | "symlink"
  | "unlink"
>;

export const nodeFileCalls: FileCalls = fs;
