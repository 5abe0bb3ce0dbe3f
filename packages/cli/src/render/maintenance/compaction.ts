import type { CompactionReport } from "@shale/engine";
import { bytesText, countText, numberText } from "../numbers.ts";
import type { Layout } from "../table.ts";
import { tableText } from "../table.ts";
import { wrapText } from "../text.ts";

/** In the order in which they are done. */
const kinds = ["drain", "copy", "expire", "purge", "merge", "fold"] as const;

/** What was done, by kind of job, then what was left out and what it cost so far. */
export function compactionText(report: CompactionReport, layout: Layout): string {
  const done = kinds.filter((kind) => report.counts[kind].jobs > 0);
  const parts = [
    done.length === 0 ? "nothing to do" : countsTable(report, done, layout),
    ...outcomeLines(report).flatMap((line) => wrapText(line, layout.width)),
  ];
  return parts.join("\n");
}

function countsTable(
  { counts }: CompactionReport,
  done: readonly (typeof kinds)[number][],
  layout: Layout,
): string {
  const table = tableText(
    [
      { title: "job" },
      { title: "jobs", align: "right" },
      { title: "inputs", align: "right" },
      { title: "read", align: "right" },
      { title: "files", align: "right" },
      { title: "rows", align: "right" },
      { title: "written", align: "right" },
    ],
    done.map((kind) => {
      const { jobs, inputs, inputBytes, files, rows, bytes } = counts[kind];
      const read = bytesText(inputBytes);
      const numbers = [jobs, inputs].map(numberText);
      return [kind, ...numbers, read, numberText(files), numberText(rows), bytesText(bytes)];
    }),
    layout,
  );
  return `${table}\n`;
}

function outcomeLines({ counts, takenOver, lost, stopped, written }: CompactionReport): string[] {
  const sums = { duplicates: 0, deleted: 0, expired: 0 };
  for (const kind of kinds) {
    sums.duplicates += counts[kind].duplicates;
    sums.deleted += counts[kind].deleted;
    sums.expired += counts[kind].expired;
  }
  const lines: string[] = [];
  if (sums.duplicates > 0) lines.push(`${countText(sums.duplicates, "repeated row")} removed`);
  if (sums.deleted > 0) lines.push(`${countText(sums.deleted, "row")} of deleted users removed`);
  if (sums.expired > 0) lines.push(`${countText(sums.expired, "row")} of expired days removed`);
  if (takenOver > 0) lines.push(`${countText(takenOver, "abandoned job")} taken over`);
  if (lost > 0) lines.push(`${countText(lost, "job")} done by another process`);
  if (stopped > 0) lines.push(`${countText(stopped, "job")} had to stop: run it again later`);
  if (written.drainedRows > 0) {
    const times = 1 + written.rewrittenRows / written.drainedRows;
    lines.push(`each row was written ${times.toFixed(1)} times so far`);
  }
  return lines;
}

/** What a dry run would do first. */
export function plannedText({ planned }: CompactionReport, layout: Layout): string {
  if (planned.length === 0) return "nothing to do";
  return tableText(
    [
      { title: "job" },
      { title: "spec" },
      { title: "group", align: "right" },
      { title: "inputs", align: "right" },
      { title: "to read", align: "right" },
    ],
    planned.map(({ kind, spec, group, inputs, inputBytes }) => [
      kind === "takeOver" ? "take over" : kind,
      spec,
      numberText(group),
      numberText(inputs),
      bytesText(inputBytes),
    ]),
    layout,
  );
}
