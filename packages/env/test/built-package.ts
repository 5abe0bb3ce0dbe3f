import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const packageFolder = fileURLToPath(new URL("../", import.meta.url));
const repository = fileURLToPath(new URL("../../../", import.meta.url));

function newestMs(folder: string): number {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
    .reduce((newest, name) => Math.max(newest, statSync(join(folder, name)).mtimeMs), 0);
}

/** Builds this package's dist where it is older than the sources: child processes run plain Node. */
export function buildPackage(): void {
  const built = join(packageFolder, "dist", ".tsbuildinfo");
  const sources = join(packageFolder, "src");
  if (existsSync(built) && statSync(built).mtimeMs > newestMs(sources)) return;
  const tsc = join(repository, "node_modules", "typescript", "bin", "tsc");
  execFileSync(process.execPath, [tsc, "-b", packageFolder], { stdio: "inherit" });
}

export function fixtureUrl(name: string): URL {
  return new URL(`./fixtures/${name}`, import.meta.url);
}
