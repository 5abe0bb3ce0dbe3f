import { readFileSync } from "node:fs";
import * as shale from "shale";
import * as testing from "shale/testing";
import { expect, test } from "vitest";

/** Every name that a file exports, types included, sorted. */
function exportedNames(file: string): string[] {
  return namesIn(readFileSync(new URL(`../src/${file}`, import.meta.url), "utf8"));
}

function namesIn(text: string): string[] {
  return [...text.matchAll(/export (?:type )?\{([^}]*)\}/g)]
    .flatMap((match) => (match[1] ?? "").split(","))
    .map((name) => name.trim())
    .filter((name) => name !== "")
    .sort();
}

test("the public names of shale change only on purpose", () => {
  expect(exportedNames("index.ts")).toMatchSnapshot();
  expect(Object.keys(shale).sort()).toMatchSnapshot();
});

test("every name of @shale/testing is public in shale/testing", () => {
  const text = readFileSync(new URL("../../testing/src/index.ts", import.meta.url), "utf8");
  expect(exportedNames("testing.ts")).toEqual(namesIn(text));
});

test("every type of the engine, the queries and the answers is public in shale", () => {
  const names = exportedNames("index.ts");
  for (const file of ["engine/src/store.ts", "model/src/queries.ts", "model/src/answers.ts"]) {
    const text = readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");
    for (const match of text.matchAll(/^export (?:interface|type) (\w+)/gm)) {
      expect(names, file).toContain(match[1]);
    }
  }
});

test("the public names of shale/testing change only on purpose", () => {
  expect(exportedNames("testing.ts")).toMatchSnapshot();
  expect(Object.keys(testing).sort()).toMatchSnapshot();
});
