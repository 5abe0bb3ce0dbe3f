// The files of a store on the file system, and the floor of whatever writes them: a copy with fsync.
import {
  closeSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";

export function filesUnder(folder) {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true });
  return names.filter((name) => name.isFile()).map(({ path, name }) => join(path, name));
}

/** Paths of the day files under `root`; of one spec when `spec` is told. */
export function dayFiles(root, spec) {
  const files = filesUnder(root).filter((path) => path.endsWith(".parquet"));
  return files.filter((path) => spec === undefined || path.includes(`spec=${spec}`));
}

export function bytesOf(files) {
  return files.reduce((sum, path) => sum + statSync(path).size, 0);
}

/** Writes each file over `target`, one after the other, and waits until the disk has it. */
export function copyToDisk(files, target) {
  for (const path of files) {
    const file = openSync(target, "w");
    writeSync(file, readFileSync(path));
    fsyncSync(file);
    closeSync(file);
  }
}
