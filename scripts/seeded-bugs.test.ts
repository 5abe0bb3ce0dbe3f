import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { seededBugs } from "./seeded-bugs.js";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

test("the text of every seeded bug stands exactly once in its module", () => {
  const edits = seededBugs.flatMap((bug) => (bug.also === undefined ? [bug] : [bug, bug.also]));
  expect(edits.length).toBeGreaterThan(30);
  for (const { file, text, by } of edits) {
    const pieces = readFileSync(join(root, file), "utf8").split(text);
    expect(pieces.length - 1, `${file}: ${text}`).toBe(1);
    expect(by).not.toBe(text);
  }
});
