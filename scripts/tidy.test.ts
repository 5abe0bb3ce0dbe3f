import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Architecture, section 6: a package imports only from strictly lower floors. */
const floors: readonly (readonly string[])[] = [
  ["model"],
  ["env", "columns"],
  ["format", "env-gcs", "arrow"],
  ["catalog", "intake"],
  ["scan"],
  ["ingest", "compaction", "query"],
  ["reshard", "sql"],
  ["engine"],
  ["cli", "testing"],
  ["shale"],
];

const LINES_MAX = 400;
const TEST_LINES_MAX = 600;
const COLUMNS_MAX = 100;
const FUNCTION_LINES_MAX = 70;
const FILES_MAX = 15;

interface Ban {
  readonly text: string;
  readonly use: string;
  /** Packages in which it is allowed. */
  readonly except: readonly string[];
}
const bans: readonly Ban[] = [
  { text: "Date.now(", use: "env.clock.nowMs()", except: ["env"] },
  { text: "Math.random(", use: "env.random", except: ["env"] },
  { text: "performance.now(", use: "env.clock.monotonicMs()", except: ["env"] },
  { text: "setTimeout(", use: "env.clock.sleep()", except: ["env"] },
  { text: "setInterval(", use: "env.clock.sleep()", except: [] },
  { text: "process.pid", use: "env.processes.self", except: ["env"] },
  { text: "export default", use: "a named export", except: [] },
  { text: "export *", use: "an explicit list of names", except: [] },
  { text: "@ts-ignore", use: "a type that fits", except: [] },
  { text: "@ts-expect-error", use: "a type that fits", except: [] },
  { text: ": any", use: "unknown", except: [] },
  { text: "as any", use: "unknown", except: [] },
  { text: "TODO", use: "the code, or nothing", except: [] },
  { text: "FIXME", use: "the code, or nothing", except: [] },
];

const refusedNames =
  /(^|-)(managers?|helpers?|utils?|utilities|common|misc|base|handlers?|processors?|data|info)(-|\.)/;

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === "node_modules" || entry.name === "dist") return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesUnder(path) : [path];
  });
}

function floorOf(name: string): number {
  const floor = floors.findIndex((names) => names.includes(name));
  if (floor < 0) throw new Error(`Unknown package: ${name}`);
  return floor;
}

const packageNames = readdirSync(join(root, "packages")).sort();
const sources = filesUnder(join(root, "packages")).filter((path) => path.endsWith(".ts"));

interface SourceFile {
  readonly path: string;
  readonly package: string;
  readonly text: string;
  readonly isTest: boolean;
}
function sourceFile(path: string): SourceFile {
  const parts = relative(root, path).split(sep);
  const isTest =
    /\.(test|test-support|test-d)\.ts$/.test(path) ||
    parts[2] === "test" ||
    parts[2] === "examples";
  return {
    path: relative(root, path),
    package: parts[1] ?? "",
    text: readFileSync(path, "utf8"),
    isTest,
  };
}
const files = sources.map(sourceFile);
const shipped = files.filter((file) => !file.isTest);

function importsOf(text: string): string[] {
  return [...text.matchAll(/\b(?:from\s+|import\s*\(?\s*)"([^"]+)"/g)].map(
    (match) => match[1] ?? "",
  );
}

/** Top-level functions and methods longer than the limit, by indentation. */
function longFunctions(file: SourceFile): string[] {
  const found: string[] = [];
  const lines = file.text.split("\n");
  lines.forEach((line, start) => {
    const match =
      /^( {0,2})(?:export )?(?:static |async |private |#)*(?:function\*? )?(\w+).*\{$/.exec(line);
    const isFunction =
      /\bfunction\b/.test(line) || /^ {2}(?:async |static |#|\*)*\w+\(.*\{$/.test(line);
    if (match === null || !isFunction) return;
    const end = lines.findIndex((other, index) => index > start && other === `${match[1]}}`);
    const length = end - start + 1;
    if (end > 0 && length > FUNCTION_LINES_MAX) {
      found.push(`${file.path}:${start + 1} ${match[2]} has ${length} lines`);
    }
  });
  return found;
}

describe("packages and floors", () => {
  test("every package has a floor, a README and a description", () => {
    for (const name of packageNames) {
      floorOf(name);
      const folder = join(root, "packages", name);
      expect(statSync(join(folder, "README.md")).size, `${name}/README.md`).toBeGreaterThan(200);
      const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
      expect(manifest.name).toBe(name === "shale" ? "shale" : `@shale/${name}`);
      expect(manifest.description, name).toMatch(/\.$/);
      expect(manifest.engines.node).toBe(">=20.19");
    }
  });

  test("a package depends only on strictly lower floors, and third-party versions are exact", () => {
    const found: string[] = [];
    for (const name of packageNames) {
      const manifest = JSON.parse(
        readFileSync(join(root, "packages", name, "package.json"), "utf8"),
      );
      for (const [dependency, version] of Object.entries<string>(manifest.dependencies ?? {})) {
        const lower = dependency.replace(/^@shale\//, "");
        if (dependency === lower) {
          if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
            found.push(`${name}: ${dependency}@${version}`);
        } else if (floorOf(lower) >= floorOf(name)) found.push(`${name} -> ${lower}`);
      }
    }
    expect(found).toEqual([]);
  });

  test("sources import only declared packages, by their public names, from lower floors", () => {
    const found: string[] = [];
    for (const file of shipped) {
      const manifest = JSON.parse(
        readFileSync(join(root, "packages", file.package, "package.json"), "utf8"),
      );
      const declared = { ...manifest.dependencies, ...manifest.peerDependencies };
      for (const name of importsOf(file.text)) {
        if (name.startsWith(".")) {
          const target = join(dirname(file.path), name);
          if (!target.startsWith(join("packages", file.package, "src")))
            found.push(`${file.path}: ${name}`);
          if (!name.endsWith(".ts") && !name.endsWith(".js")) found.push(`${file.path}: ${name}`);
          if (/(^|\/)index\.ts$/.test(name) && !name.includes("/testing/")) {
            found.push(`${file.path}: ${name} (nobody imports an index from inside)`);
          }
        } else if (!name.startsWith("node:")) {
          const own = name.match(/^@shale\/([a-z-]+)(\/testing)?$/);
          const packageName = name.startsWith("@")
            ? name.split("/").slice(0, 2).join("/")
            : name.split("/")[0];
          if (!(String(packageName) in declared))
            found.push(`${file.path}: ${name} is not declared`);
          if (name.startsWith("@shale/") && own === null)
            found.push(`${file.path}: deep import ${name}`);
          if (own !== null && floorOf(own[1] ?? "") >= floorOf(file.package))
            found.push(`${file.path}: ${name}`);
        }
      }
    }
    expect(found).toEqual([]);
  });

  test("project references name exactly the workspace dependencies", () => {
    for (const name of packageNames) {
      const folder = join(root, "packages", name);
      const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
      const config = JSON.parse(readFileSync(join(folder, "tsconfig.json"), "utf8"));
      const references = config.references.map((one: { path: string }) =>
        one.path.replace("../", ""),
      );
      const dependencies = Object.keys(manifest.dependencies ?? {})
        .filter((dependency) => dependency.startsWith("@shale/"))
        .map((dependency) => dependency.replace("@shale/", ""));
      expect(references.sort(), name).toEqual(dependencies.sort());
    }
  });
});

describe("sources", () => {
  test("files, lines and functions keep their sizes", () => {
    const found: string[] = [];
    for (const file of files) {
      const lines = file.text.split("\n");
      const limit = file.isTest ? TEST_LINES_MAX : LINES_MAX;
      if (lines.length - 1 > limit) found.push(`${file.path} has ${lines.length - 1} lines`);
      lines.forEach((line, index) => {
        // Imports, texts and patterns may be longer than a line: they cannot be broken.
        if (line.length > COLUMNS_MAX && !/["'`/]/.test(line)) {
          found.push(`${file.path}:${index + 1} has ${line.length} columns`);
        }
      });
      if (!file.isTest) found.push(...longFunctions(file));
    }
    expect(found).toEqual([]);
  });

  test("a folder holds at most 15 source files", () => {
    const counts = new Map<string, number>();
    for (const file of shipped) {
      if (file.path.endsWith("index.ts")) continue;
      counts.set(dirname(file.path), (counts.get(dirname(file.path)) ?? 0) + 1);
    }
    expect([...counts].filter(([, count]) => count > FILES_MAX)).toEqual([]);
  });

  test("names are kebab-case and name a concept", () => {
    const found = files
      .map((file) => file.path.split(sep).at(-1) ?? "")
      .filter(
        (name) =>
          !/^[a-z0-9]+(-[a-z0-9]+)*(\.test|\.test-support|\.test-d|\.config)?\.ts$/.test(name) ||
          refusedNames.test(name),
      );
    expect(found).toEqual([]);
  });

  test("banned calls and words have their replacement", () => {
    const found = shipped.flatMap((file) =>
      bans
        .filter((ban) => file.text.includes(ban.text) && !ban.except.includes(file.package))
        .map((ban) => `${file.path}: ${ban.text} is banned, use ${ban.use}`),
    );
    expect(found).toEqual([]);
  });

  test("no error is swallowed", () => {
    const found = shipped
      .filter((file) => /catch\s*(\([^)]*\))?\s*\{\s*\}/.test(file.text))
      .map((file) => file.path);
    expect(found).toEqual([]);
  });

  test("no test is skipped, narrowed or left to do", () => {
    const pattern = /\b(?:it|test|describe)\.(?:skip|only|todo|fails)\b/;
    const found = files
      .filter((file) => file.isTest && pattern.test(file.text))
      .map((file) => file.path);
    expect(found).toEqual([]);
  });
});

describe("documents", () => {
  test("decision records have unique numbers", () => {
    const numbers = readdirSync(join(root, "docs", "decisions"))
      .filter((name) => name.endsWith(".md"))
      .map((name) => name.slice(0, 4));
    expect(new Set(numbers).size).toBe(numbers.length);
    for (const number of numbers) expect(number).toMatch(/^\d{4}$/);
  });

  test("links between documents lead somewhere", () => {
    const documents = [
      join(root, "README.md"),
      ...filesUnder(join(root, "docs")),
      ...filesUnder(join(root, "packages")).filter((path) => path.endsWith("README.md")),
    ].filter((path) => path.endsWith(".md"));
    const found: string[] = [];
    for (const path of documents) {
      const prose = readFileSync(path, "utf8").replace(/```[\s\S]*?```/g, "");
      for (const match of prose.matchAll(/\]\(([^)#\s]+)(#[^)]*)?\)/g)) {
        const target = match[1] ?? "";
        if (/^[a-z]+:/.test(target)) continue;
        try {
          statSync(join(dirname(path), target));
        } catch (error) {
          found.push(
            `${relative(root, path)}: ${target} (${(error as NodeJS.ErrnoException).code})`,
          );
        }
      }
    }
    expect(found).toEqual([]);
  });
});
