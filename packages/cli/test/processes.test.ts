import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

const repository = fileURLToPath(new URL("../../../", import.meta.url));
const binary = join(repository, "packages/shale/bin/shale.js");

interface Ended {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(argv: readonly string[], command = binary) {
  const child = spawn(process.execPath, [command, ...argv, "--root", root], {
    env: { PATH: process.env["PATH"] ?? "" },
  });
  const output = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk) => {
    output.stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    output.stderr += chunk;
  });
  const ended = new Promise<Ended>((resolve) => {
    child.on("close", (exitCode, signal) => resolve({ exitCode, signal, ...output }));
  });
  return { child, ended };
}

async function finished(argv: readonly string[], command = binary): Promise<Ended> {
  const { child, ended } = start(argv, command);
  child.stdin.end();
  return await ended;
}

let folder = "";
let root = "";
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "shale-process-"));
  root = join(folder, "store");
  if (existsSync(join(repository, "packages/cli/dist/index.js"))) return;
  const tsc = spawn(process.execPath, [join(repository, "node_modules/typescript/bin/tsc"), "-b"], {
    cwd: repository,
  });
  await new Promise((resolve) => tsc.on("close", resolve));
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const lineOf = (n: number): string =>
  `${JSON.stringify({ event: "view", user_id: `u${n % 97}`, time: Date.UTC(2026, 9, 1) + n })}\n`;
const linesOf = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, n) => lineOf(from + n)).join("");

async function totalOf(project: string): Promise<number> {
  const range = ["--from", "2026-10-01", "--to", "2026-10-02", "--unit", "range"];
  const { stdout } = await finished(["segment", ...range, "--json", "--project-id", project]);
  return JSON.parse(stdout).series[0].overall.range;
}

test("the binary runs through a symlink and sets the exit code", async () => {
  const link = join(folder, "shale");
  symlinkSync(binary, link);
  expect(await finished(["--version"], link)).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    stderr: "",
  });
  expect((await finished(["nonsense"], link)).exitCode).toBe(64);
});

test("SIGINT while standard input is open: 130, what it says is kept is there, and no more", async () => {
  const { child, ended } = start(["ingest", "--project-id", "piped"]);
  child.stdin.on("error", () => {}); // The pipe breaks when the process ends.
  child.stdin.write(linesOf(0, 60_000));
  while (!existsSync(root) || readdirSync(root).length === 0) await sleep(5);
  child.kill("SIGINT");
  const { exitCode, stdout, stderr } = await ended;
  expect(stderr).toContain("CANCELLED: ");
  expect(exitCode).toBe(130);
  const kept = Number(/([\d,]+) events? kept; run it again/.exec(stderr)?.[1]?.replaceAll(",", ""));
  expect(stdout).toContain("accepted");
  expect(await totalOf("piped")).toBe(kept);
});

test("SIGINT in the middle of files, then the same command: every event once", async () => {
  const file = join(folder, "big.ndjson");
  const count = 200_000;
  writeFileSync(file, linesOf(0, count));
  const argv = ["ingest", file, "--insert-ids", "file-line", "--json", "--project-id", "files"];
  const { child, ended } = start(argv);
  child.stdin.end();
  const folderOfProject = (): string[] =>
    existsSync(root) ? readdirSync(root, { recursive: true }).map(String) : [];
  while (!folderOfProject().some((name) => name.includes("files"))) {
    await sleep(5);
  }
  child.kill("SIGINT");
  const first = await ended;
  expect([130, 0]).toContain(first.exitCode);
  if (first.exitCode === 130) {
    expect(JSON.parse(first.stdout).error).toMatchObject({
      code: "CANCELLED",
      details: { report: { rejectedCount: 0 } },
    });
    expect(first.stderr).toContain("run the same command again");
  }
  const second = await finished(argv);
  expect(JSON.parse(second.stdout)).toMatchObject({ accepted: count });
  expect(await totalOf("files")).toBe(count);
});

test("a reader that leaves, as head does, ends the export quietly", async () => {
  const { child, ended } = start(["export", "--project-id", "files"]);
  child.stdin.end();
  child.stdout.once("data", () => child.stdout.destroy());
  expect(await ended).toMatchObject({ exitCode: 0, signal: null, stderr: "" });
});

test("NO_COLOR, FORCE_COLOR and --no-color decide about escape codes", async () => {
  const plain = await finished(["schema", "--project-id", "files"]);
  expect(plain.stdout).toContain("view");
  expect(plain.stdout).not.toContain("\u001b");
});
