import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { buildIfMissing, cleanEnvironment, execute, repository } from "./dist.test-support.ts";

const folder = join(repository, "examples");
const names = readdirSync(folder).filter((name) => name.endsWith(".js"));
const examples = names.filter((name) => name !== "clickstream.js");

beforeAll(buildIfMissing, 120_000);

test.each(examples)("examples/%s runs and prints what it printed before", async (name) => {
  const { stdout, stderr } = await execute(process.execPath, [join(folder, name)], {
    env: cleanEnvironment(),
  });
  expect(stderr).toBe("");
  expect(stdout).toMatchSnapshot();
});

test.each(examples)("examples/%s is short, says what it shows, and closes its store", (name) => {
  const text = readFileSync(join(folder, name), "utf8");
  expect(text.split("\n").length).toBeLessThan(40);
  expect(text).toMatch(/^\/\/ [A-Z]/);
  expect(text).toContain("finally");
});
