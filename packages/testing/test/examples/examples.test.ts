import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const folder = fileURLToPath(new URL("./", import.meta.url));

test("every example is under 20 lines", () => {
  const names = readdirSync(folder).filter((name) => name !== "examples.test.ts");
  expect(names.length).toBeGreaterThanOrEqual(13);
  for (const name of names) {
    expect(readFileSync(folder + name, "utf8").split("\n").length - 1, name).toBeLessThan(20);
  }
});

test("the examples for node:test run on the built package (npm run build makes it)", async () => {
  const files = readdirSync(folder).filter((name) => name.endsWith(".example.js"));
  expect(files.length).toBe(3);
  const { stdout } = await promisify(execFile)(process.execPath, [
    "--test",
    ...files.map((name) => folder + name),
  ]);
  expect(stdout).toContain("# fail 0");
  expect(stdout).toMatch(/# pass \d\d/);
});
