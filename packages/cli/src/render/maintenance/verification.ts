import type { VerificationReport } from "@shale/engine";
import { countText, numberText } from "../numbers.ts";
import type { Layout } from "../table.ts";
import { breakText, wrapText } from "../text.ts";

const FINDINGS_SHOWN = 50;

/** What is wrong with which object, what is worth knowing, and what was looked at. */
export function verificationText(report: VerificationReport, layout: Layout): string {
  const { width, palette } = layout;
  const { findings, notes, objects, events, ok } = report;
  const indented = (text: string): string[] =>
    breakText(text, width - 2).map((line) => `  ${line}`);
  const parts = findings
    .slice(0, FINDINGS_SHOWN)
    .map(({ code, object, message }) =>
      [palette.failure(code), ...indented(object), ...indented(message)].join("\n"),
    );
  const hidden = findings.length - FINDINGS_SHOWN;
  if (hidden > 0) parts.push(`… and ${numberText(hidden)} more; --json lists all`);
  for (const { code, object, message } of notes) {
    parts.push([palette.warning(code), ...indented(object), ...indented(message)].join("\n"));
  }
  const outcome = ok ? "nothing is wrong" : `${countText(findings.length, "finding")}`;
  const sums = `${countText(objects, "object")} and ${countText(events, "event")} checked: ${outcome}`;
  const paint = ok ? palette.strong : palette.failure;
  parts.push(wrapText(sums, width).map(paint).join("\n"));
  return parts.join("\n\n");
}
