import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Where the public files are; they are not part of the project. */
export const realFolder = fileURLToPath(new URL("../../../../shared/data/", import.meta.url));
export const isThere = existsSync(join(realFolder, "README.md"));
if (!isThere) console.warn(`${realFolder} is not there: the tests on real files do not run`);

export interface RealFile {
  readonly file: string;
  readonly rows: number;
  readonly users: number;
  readonly names: number;
  readonly firstMs: number;
  readonly lastMs: number;
}

/** The table in the README of the data: rows, users, event names, first and last time. */
export function realFiles(): RealFile[] {
  if (!isThere) return [];
  return readFileSync(join(realFolder, "README.md"), "utf8")
    .split("\n")
    .filter((line) => /^\| \w+\.ndjson\.gz \|/.test(line))
    .map((line) => {
      const cells = line.split("|").map((cell) => cell.trim());
      const [file = "", rows, users, names, first = "", last = ""] = cells.slice(1);
      return {
        file,
        rows: Number(rows),
        users: Number(users),
        names: Number(names),
        firstMs: Date.parse(first),
        lastMs: Date.parse(last),
      };
    });
}
