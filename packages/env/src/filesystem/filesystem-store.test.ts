import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, test } from "vitest";
import { objectStoreConformance } from "../testing/index.ts";
import { filesystemStore } from "./filesystem-store.ts";

const folder = mkdtempSync(join(tmpdir(), "shale-filesystem-"));
afterAll(() => rmSync(folder, { recursive: true }));
let roots = 0;
const freshRoot = (): string => join(folder, `root${roots++}`);

objectStoreConformance("filesystemStore", () => filesystemStore(freshRoot()), test);
