import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildIfMissing, cleanEnvironment, execute, repository } from "./dist.test-support.ts";

let folder = "";
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "shale-demo-"));
  await buildIfMissing();
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function runDemo(name: string): Promise<{ stdout: string; stderr: string }> {
  const env = {
    ...cleanEnvironment(),
    SHALE_DEMO_BUILT: "1",
    SHALE_DEMO_EVENTS: "30000",
    SHALE_DEMO_FOLDER: join(folder, name),
  };
  return execute(process.execPath, [join(repository, "scripts/run-demo.js")], { env });
}

test("the demo runs without a terminal, and again over what it left", async () => {
  for (let round = 0; round < 2; round++) {
    const { stdout, stderr } = await runDemo("demo-data");
    expect(stderr).toBe("");
    expect(stdout).not.toContain("\u001b");
    for (const part of [
      "30,000 events appended",
      "purchase, whole range",
      "unique users per week",
      "the same after the finalize",
      "the same after the rollback",
      "events were appended meanwhile, and are there",
    ]) {
      expect(stdout).toContain(part);
    }
    expect(stdout).toMatch(/ {2}look where it stands\n +\d+\.\d\d {2}together\n/);
  }
}, 240_000);

test("the demo leaves alone what is not its own", async () => {
  mkdirSync(join(folder, "mine"));
  writeFileSync(join(folder, "mine", "notes.txt"), "keep me");
  await expect(runDemo("mine")).rejects.toThrow("move it away first");
  expect(readdirSync(join(folder, "mine"))).toEqual(["notes.txt"]);
});
