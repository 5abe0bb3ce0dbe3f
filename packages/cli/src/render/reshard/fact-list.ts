import { hangingLines } from "../error.ts";
import type { Layout } from "../table.ts";

const LABEL_WIDTH = 16;

/** A label and its text a line, longer texts below each other; undefined is left out. */
export function factList(
  facts: readonly (readonly [label: string, text: string | undefined])[],
  { width }: Layout,
): string[] {
  const layout = { width, indent: LABEL_WIDTH };
  return facts.flatMap(([label, text]) =>
    text === undefined ? [] : hangingLines(label.padEnd(LABEL_WIDTH), text, layout),
  );
}
