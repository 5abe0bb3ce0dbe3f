import type { QueryPlan, QueryPlanPass } from "@shale/engine";
import { bytesText, countText, numberText } from "./numbers.ts";
import type { Layout } from "./table.ts";
import { tableText } from "./table.ts";
import { wrapText } from "./text.ts";

/** Days that are shown; a long range has thousands. */
const DAYS_SHOWN = 20;

/** What a query would read, pass by pass. */
export function queryPlanText({ kind, passes }: QueryPlan, layout: Layout): string {
  const first = `${kind}: ${countText(passes.length, "pass", "passes")} over the events`;
  return [first, ...passes.map((pass) => passText(pass, layout))].join("\n\n");
}

function passText(pass: QueryPlanPass, layout: Layout): string {
  const columns = pass.columns === "all" ? "all properties" : pass.columns.join(", ");
  const range = `${pass.from ?? "the first event"} to ${pass.to ?? "the last one"}`;
  const lines = [
    `${pass.phase}: ${range}${columns === "" ? "" : `, with ${columns}`}`,
    `${countText(pass.files, "day file")}, ${countText(pass.rows, "row")}, ${bytesText(pass.bytes)} to read`,
    ...tailLines(pass),
    ...prunedLines(pass),
  ].flatMap((line) => wrapText(line, layout.width));
  return [lines.join("\n"), ...daysText(pass, layout)].join("\n\n");
}

function tailLines({ tailObjects, tailRows, memoryRows }: QueryPlanPass): string[] {
  const lines: string[] = [];
  if (tailObjects > 0) {
    lines.push(
      `${countText(tailObjects, "tail object")}, ${countText(tailRows, "row")} of the range`,
    );
  }
  if (memoryRows > 0) lines.push(`${countText(memoryRows, "row")} in memory`);
  return lines;
}

const REASONS = {
  day: "no day of the range",
  shard: "no shard that is asked",
  events: "none of the events, by the manifest",
  footerEvents: "none of the events, by the footer",
  values: "no value that a condition allows, by the footer",
} as const;

function prunedLines({ pruned }: QueryPlanPass): string[] {
  const reasons = ["day", "shard", "events", "footerEvents", "values"] as const;
  return reasons
    .filter((reason) => pruned[reason] > 0)
    .map((reason) => `${countText(pruned[reason], "file")} left out: ${REASONS[reason]}`);
}

function daysText({ days }: QueryPlanPass, layout: Layout): string[] {
  if (days.length === 0) return [];
  const columns = [
    { title: "day", fixed: true },
    { title: "shard", align: "right" as const },
    { title: "files", align: "right" as const },
    { title: "rows", align: "right" as const },
    { title: "bytes", align: "right" as const },
    { title: "from" },
  ];
  const rows = days
    .slice(0, DAYS_SHOWN)
    .map(({ day, shard, files, rows: count, bytes, from }) => [
      ...[day, String(shard), numberText(files), numberText(count), bytesText(bytes), from],
    ]);
  const table = tableText(columns, rows, layout);
  const left = days.length - rows.length;
  return left > 0 ? [`${table}\n… ${numberText(left)} more, all with --json`] : [table];
}
