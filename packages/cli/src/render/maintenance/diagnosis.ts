import type { Diagnosis } from "@shale/engine";
import { countText } from "../numbers.ts";
import type { Layout } from "../table.ts";
import { breakText, wrapText } from "../text.ts";

/** What is stuck and what comes next, those that need a person first. */
export function diagnosisText({ findings }: Diagnosis, { width, palette }: Layout): string {
  if (findings.length === 0) return palette.strong("nothing is stuck");
  const parts = findings.map(({ code, what, next, needsPerson }) => {
    const paint = needsPerson ? palette.failure : palette.warning;
    const lines = [
      ...breakText(what, width - 2).map((line) => `  ${line}`),
      ...breakText(next, width - 8).map(
        (line, at) => (at === 0 ? "  next: " : " ".repeat(8)) + line,
      ),
    ];
    return [paint(code), ...lines].join("\n");
  });
  const people = findings.filter(({ needsPerson }) => needsPerson).length;
  const sums = `${countText(findings.length, "finding")}, ${people === 0 ? "none" : people} for a person`;
  return [...parts, wrapText(sums, width).map(palette.strong).join("\n")].join("\n\n");
}
