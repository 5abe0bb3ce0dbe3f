// Packs every package, installs the tarballs in an empty folder with npm, and uses them there as a
// stranger would: from ESM, from CommonJS, from TypeScript's point of view, and through npx.
// `node scripts/check-packages.js`; the workspace must be built.
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const run = promisify(execFile);
const pnpm = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).packageManager;

async function step(name, work) {
  const startMs = performance.now();
  const result = await work();
  console.log(`${name}: ${((performance.now() - startMs) / 1_000).toFixed(1)} s`);
  return result;
}

async function command(cwd, name, ...argv) {
  try {
    return await run(name, argv, { cwd, maxBuffer: 1 << 26, env: cleanEnvironment() });
  } catch (error) {
    throw new Error(`${name} ${argv.join(" ")} failed:\n${error.stdout}\n${error.stderr}`, {
      cause: error,
    });
  }
}

/** Without what an outer npm or vitest has set for itself. */
function cleanEnvironment() {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|NODE_OPTIONS$|VITEST|NODE_ENV$|SHALE_)/.test(name),
  );
  return { ...Object.fromEntries(kept), npm_config_update_notifier: "false" };
}

/** pnpm rewrites `workspace:*` to the version, which npm pack does not. */
async function packAll(target) {
  const arguments_ = ["-r", "--filter", "./packages/*", "pack", "--pack-destination", target];
  await command(root, "npx", "--yes", pnpm, ...arguments_);
  return readdirSync(target).map((name) => join(target, name));
}

function expectEqual(what, actual, wanted) {
  if (actual === wanted) return;
  throw new Error(
    `${what}: ${JSON.stringify(actual)} where ${JSON.stringify(wanted)} was expected`,
  );
}

const tour = `
  const store = await openStore({ root: process.argv[2] });
  try {
    const project = await store.project("default", { shards: 4 });
    await project.append([
      { event: "view", user_id: "ann", time: "2026-10-01T10:00:00Z", properties: { price: 3 } },
      { event: "purchase", user_id: "ann", time: "2026-10-01T10:05:00Z" },
      { event: "view", user_id: "bob", time: "2026-10-02T10:00:00Z" },
    ]);
    const answer = await project.query({
      kind: "segmentation", unit: "day", from: "2026-10-01", to: "2026-10-03",
      series: [{ select: { event: "view" }, measure: "unique" }],
    });
    console.log(answer.series[0].overall.values.join(","));
  } finally {
    await store.close();
  }
`;

async function useInstalled(folder, version) {
  writeFileSync(join(folder, "tour.mjs"), `import { openStore } from "shale";\n${tour}`);
  writeFileSync(
    join(folder, "tour.cjs"),
    `const { openStore } = require("shale");\n(async () => {${tour}})();`,
  );
  writeFileSync(
    join(folder, "testing.mjs"),
    'import { memoryStore } from "shale/testing";\nconsole.log(typeof memoryStore);',
  );
  const [esm, cjs, testing, cli] = await Promise.all([
    command(folder, process.execPath, "tour.mjs", "store-esm"),
    command(folder, process.execPath, "tour.cjs", "store-cjs"),
    command(folder, process.execPath, "testing.mjs"),
    command(folder, "npx", "--no-install", "shale", "--version"),
  ]);
  expectEqual("the tour from ESM", esm.stdout, "1,1\n");
  expectEqual("the tour from CommonJS", cjs.stdout, "1,1\n");
  for (const { stderr } of [esm, cjs]) expectEqual("what the tour prints on stderr", stderr, "");
  expectEqual("shale/testing", testing.stdout, "function\n");
  expectEqual("npx shale --version", cli.stdout, `${version}\n`);
}

/** No sources, no tests, nothing of the workspace protocol. */
function checkContents(folder) {
  for (const scope of [
    "shale",
    ...readdirSync(join(folder, "node_modules", "@shale")).map((name) => `@shale/${name}`),
  ]) {
    const installed = join(folder, "node_modules", scope);
    const manifest = readFileSync(join(installed, "package.json"), "utf8");
    if (manifest.includes("workspace:")) throw new Error(`${scope}: workspace: was not rewritten`);
    const files = readdirSync(installed, { recursive: true }).map(String);
    const wrong = files.filter(
      (name) => /\.test\.|tsbuildinfo|(^|\/)src\//.test(name) && !name.startsWith("node_modules"),
    );
    if (wrong.length > 0) throw new Error(`${scope}: ships ${wrong.join(", ")}`);
    if (!files.some((name) => name.startsWith("dist/index."))) throw new Error(`${scope}: no dist`);
  }
}

async function main() {
  const folder = mkdtempSync(join(tmpdir(), "shale-packages-"));
  const { version } = JSON.parse(readFileSync(join(root, "packages/shale/package.json"), "utf8"));
  try {
    const tarballs = await step("pack", () => packAll(join(folder, "tarballs")));
    const user = join(folder, "user");
    mkdirSync(user);
    writeFileSync(join(user, "package.json"), '{ "name": "user", "private": true }\n');
    await step("install", () =>
      command(user, "npm", "install", "--prefer-offline", "--no-audit", "--no-fund", ...tarballs),
    );
    await step("use", () => useInstalled(user, version));
    checkContents(user);
    console.log(`${tarballs.length} packages are fine`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await main();
