import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { run } from "./cli.test-support.ts";

const repository = fileURLToPath(new URL("../../../", import.meta.url));
const before = process.cwd();
afterAll(() => process.chdir(before));

interface Example {
  readonly command: string;
  readonly output: string;
}

/** Every `$ shale …` of a document with the lines below it; `…` in them stands for anything. */
function examplesOf(text: string): Example[] {
  const found: Example[] = [];
  for (const [, block = ""] of text.matchAll(/^```\w*\n([\s\S]*?)^```$/gm)) {
    for (const part of block.split(/^\$ /m).slice(1)) {
      const [command = "", ...lines] = part.trimEnd().split("\n");
      if (command.startsWith("shale ")) found.push({ command, output: lines.join("\n") });
    }
  }
  return found;
}

/** The files that a document shows: a json block right after a line that names one. */
function filesOf(text: string): [name: string, content: string][] {
  const pattern = /`([\w.-]+\.ndjson)`:\n\n```json\n([\s\S]*?)```/g;
  return [...text.matchAll(pattern)].map(([, name = "", content = ""]) => [name, content]);
}

/** As a shell splits words, with single and double quotes. */
function wordsOf(command: string): string[] {
  return [...command.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)].map(([word]) =>
    word.replace(/'([^']*)'|"([^"]*)"/g, "$1$2"),
  );
}

/** Speeds differ between machines, and bars may be shorter on a page. */
function steady(output: string): string {
  return output.replace(/[\d,]+ events\/s/g, "1 events/s").replace(/█{2,}/g, "█");
}

function patternOf(output: string): RegExp {
  const lines = output.split("…").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${lines.join(".*")}$`);
}

describe.each(["docs/cli.md", "README.md"])("%s", (name) => {
  const text = readFileSync(join(repository, name), "utf8");
  const examples = examplesOf(text);
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "shale-documents-"));
    process.chdir(folder);
    for (const [file, content] of filesOf(text)) writeFileSync(join(folder, file), content);
  });
  afterAll(() => {
    process.chdir(before);
    rmSync(folder, { recursive: true, force: true });
  });

  test("has examples and the files that they need", () => {
    expect(examples.length).toBeGreaterThan(2);
    expect(filesOf(text).length).toBeGreaterThan(0);
  });

  test.each(examples)("$command", async ({ command, output }) => {
    const { stdout, stderr } = await run(wordsOf(command).slice(1));
    const printed = [stdout, stderr].map((part) => part.trimEnd()).filter((part) => part !== "");
    const orders = [printed, [...printed].reverse()].map((parts) => parts.join("\n"));
    const pattern = patternOf(steady(output));
    expect(orders.some((one) => pattern.test(steady(one))) ? output : orders[0]).toBe(output);
  });
});
