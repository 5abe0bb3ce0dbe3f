import { spawn } from "node:child_process";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

const repository = fileURLToPath(new URL("../../../", import.meta.url));
const binary = join(repository, "packages/shale/bin/shale.js");

const ifThere = { throwIfNoEntry: false } as const;

interface Ended {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface StartOptions {
  readonly command?: string;
  readonly env?: Readonly<Record<string, string>>;
}

function start(argv: readonly string[], { command = binary, env = {} }: StartOptions = {}) {
  const child = spawn(process.execPath, [command, ...argv, "--root", root], {
    env: { PATH: process.env["PATH"] ?? "", ...env },
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

async function finished(argv: readonly string[], options?: StartOptions): Promise<Ended> {
  const { child, ended } = start(argv, options);
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

/** 200,000 events from here take 23 days. */
const START_MS = Date.UTC(2026, 8, 1);
const lineOf = (n: number): string =>
  `${JSON.stringify({ event: "view", user_id: `u${n % 97}`, time: START_MS + n * 10_000 })}\n`;
const linesOf = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, n) => lineOf(from + n)).join("");

async function totalOf(project: string): Promise<number> {
  const range = ["--from", "2026-09-01", "--to", "2026-10-01", "--unit", "range"];
  const { stdout } = await finished(["segment", ...range, "--json", "--project-id", project]);
  return JSON.parse(stdout).series[0].overall.range;
}

test("the binary runs through a symlink and sets the exit code", async () => {
  const link = join(folder, "shale");
  symlinkSync(binary, link);
  expect(await finished(["--version"], { command: link })).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    stderr: "",
  });
  expect((await finished(["nonsense"], { command: link })).exitCode).toBe(64);
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
  const hasRows = (): boolean =>
    existsSync(join(root, "files")) &&
    readdirSync(join(root, "files"), { recursive: true }).some(
      (name) => (statSync(join(root, "files", String(name)), ifThere)?.size ?? 0) > 100_000,
    );
  while (!hasRows() && child.exitCode === null) await sleep(2);
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

test("an export that SIGINT stopped goes on and ends as if it had not been stopped", async () => {
  const argv = ["export", "--project-id", "files"];
  const whole = await finished(argv);
  expect(whole.stdout.split("\n")).toHaveLength(200_001);
  const out = join(folder, "out.ndjson");
  const { child, ended } = start([...argv, "--out", out]);
  child.stdin.end();
  const hasCheckpoint = (): boolean =>
    existsSync(`${out}.partial.json`) &&
    readFileSync(`${out}.partial.json`, "utf8").includes('"day":"2026');
  while (!hasCheckpoint() && child.exitCode === null) await sleep(2);
  child.kill("SIGINT");
  const first = await ended;
  expect([0, 130]).toContain(first.exitCode);
  expect(existsSync(out)).toBe(first.exitCode === 0);
  const second = await finished([...argv, "--out", out, "--json"]);
  expect(JSON.parse(second.stdout)).toMatchObject({ events: 200_000 });
  if (first.exitCode === 130) expect(second.stderr).toContain("Going on from 2026-09-");
  expect(readFileSync(out, "utf8") === whole.stdout).toBe(true);
});

test("a reader that leaves, as head does, ends the export quietly", async () => {
  const { child, ended } = start(["export", "--project-id", "files"]);
  child.stdin.end();
  child.stdout.once("data", () => child.stdout.destroy());
  expect(await ended).toMatchObject({ exitCode: 0, signal: null, stderr: "" });
});

test("a pipe gets no escape codes, unless FORCE_COLOR asks for them", async () => {
  const argv = ["schema", "--project-id", "files"];
  expect((await finished(argv)).stdout).not.toContain("\u001b");
  expect((await finished(argv, { env: { FORCE_COLOR: "1" } })).stdout).toContain("\u001b[1m");
  const none = await finished([...argv, "--no-color"], { env: { FORCE_COLOR: "1" } });
  expect(none.stdout).not.toContain("\u001b");
});
