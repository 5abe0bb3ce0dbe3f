import type { ReshardLogEntry } from "@shale/engine";
import type { Layout } from "../table.ts";
import { breakText, fitText } from "../text.ts";

const INDENT = "      ";

/** A step a paragraph: what and when, then what belongs to it. */
export function reshardLogText(entries: readonly ReshardLogEntry[], layout: Layout): string {
  if (entries.length === 0) return "no reshard was begun";
  return entries.map((entry) => stepText(entry, layout)).join("\n\n");
}

function stepText(entry: ReshardLogEntry, { width, palette }: Layout): string {
  const { number, at, verb, from, to, operation, by, facts } = entry;
  const indented = (text: string): string[] =>
    breakText(text, width - INDENT.length).map((line) => INDENT + line);
  const [first = "", ...others] = indented(`${verb}: ${from} to ${to}`);
  const start = fitText(String(number), INDENT.length - 2, "right");
  return [
    palette.strong(`${start}  ${first.trimStart()}`),
    ...others,
    ...indented(`${at} by ${by}`),
    ...indented(`operation=${operation} ${factsText(facts)}`.trimEnd()),
  ].join("\n");
}

function factsText(facts: ReshardLogEntry["facts"]): string {
  return Object.entries(facts)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}=${value}`)
    .join(" ");
}
