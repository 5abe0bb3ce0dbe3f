// Builds each bug of seeded-bugs.js into a copy of the packages and looks for a seed of the model
// test of resharding that finds it. Writes docs/resharding-bugs.md.
//
//   node scripts/run-seeded-bugs.js                every bug, up to 200 seeds each; writes the table
//   node scripts/run-seeded-bugs.js --check        only the seeds that the table names, and the tests
//   node scripts/run-seeded-bugs.js --only=S7      bugs that name this; writes nothing
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { seededBugs } from "./seeded-bugs.js";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const table = join(root, "docs/resharding-bugs.md");
const isCheck = process.argv.includes("--check");
const only = process.argv.find((one) => one.startsWith("--only="))?.slice("--only=".length);
const seedsMax = Number(process.env.SHALE_BUG_SEEDS ?? 200);
const known = new Map();
for (const line of existsSync(table) ? readFileSync(table, "utf8").split("\n") : []) {
  const [, , what, , seed] = line.split("|").map((cell) => cell.trim());
  if (/^\d+$/.test(seed ?? "")) known.set(what, Number(seed));
}

/** Runs in the copy: the first seed that finds something, or none. */
const search = `
const { replay } = await import("./packages/testing/dist/index.js");
const [from, to] = process.argv.slice(1).map(Number);
for (let seed = from; seed <= to; seed++) {
  const { finding } = await replay(seed, { reshard: true, print: () => undefined });
  if (finding === undefined) continue;
  console.log(JSON.stringify({ seed, finding: String(finding).split("\\n")[0].slice(0, 100) }));
  process.exit(0);
}
console.log("{}");
process.exit(0);
`;

function searchSeeds(folder, from, to) {
  const args = ["--input-type=module", "--eval", search, String(from), String(to)];
  const child = spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
  // A bug that ends the process is found as well.
  if (child.status !== 0) return { seed: from, finding: `it ends with ${child.status}` };
  return JSON.parse(child.stdout.trim().split("\n").at(-1));
}

function built(path, source) {
  return ts.transpileModule(source, {
    fileName: path,
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      rewriteRelativeImportExtensions: true,
      verbatimModuleSyntax: true,
    },
  }).outputText;
}

/** Puts a bug into the copy, in one module or two; gives what takes it out again. */
function plantAll(folder, one) {
  const edits = [one, one.also].filter((edit) => edit !== undefined);
  const planted = edits.map((edit) => plant(folder, edit));
  return () => {
    for (const takeOut of planted) takeOut();
  };
}

function plant(folder, { file, text, by }) {
  const source = readFileSync(join(root, file), "utf8");
  if (source.split(text).length !== 2) throw new Error(`${file} does not have this once: ${text}`);
  const bad = source.replace(text, () => by);
  const output = join(folder, file.replace("/src/", "/dist/").replace(/\.ts$/, ".js"));
  const before = readFileSync(output, "utf8");
  writeFileSync(join(folder, file), bad);
  writeFileSync(output, built(file, bad));
  return () => {
    writeFileSync(join(folder, file), source);
    writeFileSync(output, before);
  };
}

/** Runs one scripted test in the copy: it has to run, and to fail. */
function runTest(folder, [file, name]) {
  const report = join(folder, "report.json");
  const args = [join(root, "node_modules/vitest/vitest.mjs"), "run", file, "-t", name];
  const reporting = ["--reporter=json", `--outputFile.json=${report}`];
  spawnSync(process.execPath, [...args, ...reporting], { cwd: folder, encoding: "utf8" });
  const { testResults } = JSON.parse(readFileSync(report, "utf8"));
  rmSync(report);
  const results = testResults.flatMap(({ assertionResults }) => assertionResults);
  const failed = results.find(({ status }) => status === "failed");
  if (failed === undefined) return {};
  const finding = failed.failureMessages[0].split("\n")[0].slice(0, 100);
  return { seed: `test "${name}"`, finding };
}

function killerOf(folder, one) {
  if (one.test !== undefined) return runTest(folder, one.test);
  const named = known.get(one.what);
  const found = named === undefined ? {} : searchSeeds(folder, named, named);
  return found.seed !== undefined || isCheck ? found : searchSeeds(folder, 1, seedsMax);
}

const folder = mkdtempSync(join(tmpdir(), "shale-bugs-"));
const rows = [];
try {
  cpSync(join(root, "packages"), join(folder, "packages"), {
    recursive: true,
    verbatimSymlinks: true,
  });
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  for (const name of ["vitest.config.ts", "tsconfig.base.json"]) {
    copyFileSync(join(root, name), join(folder, name));
  }
  for (const one of seededBugs) {
    if (only !== undefined && !`${one.rule}: ${one.what}`.includes(only)) continue;
    const takeOut = plantAll(folder, one);
    const found = killerOf(folder, one);
    takeOut();
    console.log(`${found.seed ?? "NOT FOUND"}\t${one.rule}: ${one.what}\t${found.finding ?? ""}`);
    rows.push({ ...one, ...found });
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const killed = rows.filter(({ seed }) => seed !== undefined).length;
console.log(`${killed} of ${rows.length} bugs found`);
if (killed < rows.length) process.exitCode = 1;
if (!isCheck && only === undefined) writeFileSync(table, page(rows));

function page(all) {
  const cell = (text) => text.replaceAll("|", "\\|");
  const lines = all.map(
    ({ rule, what, file, seed, finding }) =>
      `| ${rule} | ${what} | \`${file.replace("packages/", "")}\` | ${seed ?? "none"} | ${cell(finding ?? "")} |`,
  );
  return `# Seeded bugs of resharding

Each row is one rule of [the protocol](protocol.md), or one trap that others fell into, switched off
in one module. The model test (\`packages/testing/test/reshard-model.test.ts\`) or the scripted test
that is named has to find it. The seed is the first one that does, of those from 1 to ${seedsMax};
\`replay(seed, { reshard: true })\` runs it.

\`node scripts/run-seeded-bugs.js\` writes this page: it builds each bug of \`scripts/seeded-bugs.js\`
into a copy of the packages. With \`--check\` it runs the named seeds only.

| Rule | Bug | Module | Found by seed, or test | What is found |
| --- | --- | --- | --- | --- |
${lines.join("\n")}
`;
}
