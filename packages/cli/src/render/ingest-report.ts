import type { IngestReport } from "@shale/engine";
import { countText, numberText } from "./numbers.ts";
import type { Layout } from "./table.ts";
import { tableText } from "./table.ts";
import { cutText, visibleText, wrapText } from "./text.ts";

const REJECTIONS_SHOWN = 10;

/** What was refused and why, then one line of sums. */
export function ingestReportText(report: IngestReport, layout: Layout): string {
  const parts: string[] = [];
  if (report.rejected.length > 0) {
    parts.push(rejectionsText(report, layout));
    if (report.rejectedCount > REJECTIONS_SHOWN) parts.push(codesTable(report, layout));
  }
  const repeats = report.duplicates > 0 ? ` (${numberText(report.duplicates)} repeated)` : "";
  const refused = report.rejectedCount > 0 ? numberText(report.rejectedCount) : "none";
  const speed = `${numberText(Math.round(report.eventsPerSecond))} events/s`;
  const sums = `${countText(report.accepted, "event")} accepted${repeats}, ${refused} rejected, ${speed}`;
  parts.push(wrapText(sums, layout.width).map(layout.palette.strong).join("\n"));
  return parts.join("\n\n");
}

function rejectionsText(report: IngestReport, { width, palette }: Layout): string {
  const shown = report.rejected.slice(0, REJECTIONS_SHOWN);
  const lines = shown.flatMap(({ file, line, code, message }) => [
    `${palette.strong(cutText(visibleText(file), width - 30))}:${line}  ${code}`,
    ...wrapText(visibleText(message), width - 2).map((part) => `  ${cutText(part, width - 2)}`),
  ]);
  const hidden = report.rejectedCount - shown.length;
  if (hidden > 0) lines.push(`… and ${numberText(hidden)} more`);
  return lines.join("\n");
}

/** Counts are of the listed rejections: the report lists the first 1,000. */
function codesTable(report: IngestReport, layout: Layout): string {
  const counts = new Map<string, number>();
  for (const { code } of report.rejected) counts.set(code, (counts.get(code) ?? 0) + 1);
  const listed =
    report.rejected.length < report.rejectedCount
      ? `of the first ${numberText(report.rejected.length)}`
      : "events";
  return tableText(
    [{ title: "code" }, { title: listed, align: "right" }],
    [...counts].sort((a, b) => b[1] - a[1]).map(([code, count]) => [code, numberText(count)]),
    layout,
  );
}
