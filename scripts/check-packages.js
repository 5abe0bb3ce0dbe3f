// Packs every package, installs the tarballs in an empty folder with npm, and uses them there as a
// stranger would: the README's tour from ESM and from CommonJS, shale/testing, and npx.
// `node scripts/check-packages.js`; the workspace must be built.
import { execFile } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
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

/** The first JavaScript example of each README that uses the library. */
function tours() {
  return ["README.md", "packages/shale/README.md"].flatMap((name) => {
    const path = join(root, name);
    const text = existsSync(path) ? readFileSync(path, "utf8") : "";
    const code = /```js\n([^`]*from "shale"[^`]*)```/.exec(text)?.[1];
    return code === undefined ? [] : [{ name, code }];
  });
}

/** The same program for `require`: CommonJS has no await at its top level. */
function commonJsOf(code) {
  const required = code.replace(/import (\{[^}]*\}) from ("[^"]+");/g, "const $1 = require($2);");
  return `(async () => {\n${required}\n})();\n`;
}

async function runTour(folder, file, code) {
  const cwd = join(folder, file.replace(".", "-"));
  mkdirSync(cwd);
  writeFileSync(join(cwd, file), code);
  const { stdout, stderr } = await command(cwd, process.execPath, file);
  expectEqual(`what ${file} prints on stderr`, stderr, "");
  return stdout;
}

async function useInstalled(folder, version) {
  const found = tours();
  if (found.length === 0) throw new Error("No README has an example that uses the library");
  for (const [index, { name, code }] of found.entries()) {
    const [esm, cjs] = await Promise.all([
      runTour(folder, `tour-${index}.mjs`, code),
      runTour(folder, `tour-${index}.cjs`, commonJsOf(code)),
    ]);
    expectEqual(`the tour of ${name} from CommonJS`, cjs, esm);
    for (const [, printed] of code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)) {
      if (!esm.includes(printed)) throw new Error(`${name} does not print ${printed} but ${esm}`);
    }
  }
  const typing = 'import { memoryStore } from "shale/testing";\nconsole.log(typeof memoryStore);';
  expectEqual("shale/testing", await runTour(folder, "testing.mjs", typing), "function\n");
  const cli = await command(folder, "npx", "--no-install", "shale", "--version");
  expectEqual("npx shale --version", cli.stdout, `${version}\n`);
  await refuseSql(folder);
}

/** DuckDB is optional, and here it is not. */
async function refuseSql(folder) {
  writeFileSync(join(folder, "one.ndjson"), '{"event":"a","user_id":"u","time":1770000000000}\n');
  await command(folder, "npx", "--no-install", "shale", "ingest", "one.ndjson");
  const asked = ["--no-install", "shale", "--json", "sql", "select 1"];
  const refused = await run("npx", asked, { cwd: folder, env: cleanEnvironment() }).catch(
    (error) => error,
  );
  expectEqual("the exit code of SQL without DuckDB", refused.code, 78);
  const { error } = JSON.parse(refused.stdout);
  expectEqual("the code of SQL without DuckDB", error.code, "PACKAGE_MISSING");
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
