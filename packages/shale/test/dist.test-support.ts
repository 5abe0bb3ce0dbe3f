import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const repository = fileURLToPath(new URL("../../../", import.meta.url));
export const execute = promisify(execFile);

/** Some tests use what is shipped; a fresh checkout may not be built yet. */
export async function buildIfMissing(): Promise<void> {
  if (existsSync(join(repository, "packages/shale/dist/index.js"))) return;
  const tsc = join(repository, "node_modules/typescript/bin/tsc");
  await execute(process.execPath, [tsc, "-b"], { cwd: repository });
}

/** Without what vitest sets for its own processes. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(NODE_OPTIONS$|NODE_ENV$|VITEST|SHALE_)/.test(name),
  );
  return Object.fromEntries(kept);
}
