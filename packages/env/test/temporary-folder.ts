import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

/** Makes paths of roots that do not exist yet, below a folder that goes when the file's tests end. */
export function temporaryRoots(): () => string {
  const folder = mkdtempSync(join(tmpdir(), "shale-env-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  let count = 0;
  return () => join(folder, `root${count++}`);
}
