import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { transitionTable } from "./transition-table.ts";

const path = fileURLToPath(new URL("../../../../docs/resharding.md", import.meta.url));
const drawn = /(<!-- Drawn from [^\n]*-->\n)([\s\S]*?)(<!-- \/drawn -->)/;

/** Mermaid, an arrow a step; below it what has to hold. */
function drawing(): string {
  const arrows = transitionTable.map(({ verb, from, to }) => `  ${from} --> ${to}: ${verb}`);
  const rows = transitionTable.map(
    ({ verb, from, to, when }) => `| ${from} | ${verb} | ${to} | ${when} |`,
  );
  return [
    "",
    "```mermaid",
    "stateDiagram-v2",
    "  [*] --> steady",
    ...new Set(arrows),
    "```",
    "",
    "| In state | by | to | when, or what it does |",
    "| --- | --- | --- | --- |",
    ...rows,
    "",
    "",
  ].join("\n");
}

test("docs/resharding.md draws the table of transitions (UPDATE_DOCS=1 writes it)", () => {
  const text = readFileSync(path, "utf8");
  const wanted = text.replace(drawn, (_all, start, _old, end) => `${start}${drawing()}${end}`);
  if (process.env["UPDATE_DOCS"] === "1") writeFileSync(path, wanted);
  expect(drawn.exec(readFileSync(path, "utf8"))?.[2]).toBe(drawing());
});

test("every state can be reached, and every state but steady can be left for steady", () => {
  const reached = (from: string, step: (of: string) => string[]): Set<string> => {
    const found = new Set([from]);
    for (const state of found) for (const next of step(state)) found.add(next);
    return found;
  };
  const states = new Set(transitionTable.flatMap(({ from, to }) => [from, to]));
  const onward = (of: string) =>
    transitionTable.filter(({ from }) => from === of).map(({ to }) => to);
  const back = (of: string) =>
    transitionTable.filter(({ to }) => to === of).map(({ from }) => from);
  expect(reached("steady", onward)).toEqual(states);
  expect(reached("steady", back)).toEqual(states);
});
