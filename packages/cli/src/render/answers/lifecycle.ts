import type { LifecycleAnswer } from "@shale/model";
import { numberText } from "../numbers.ts";
import type { Area } from "../stacked-chart.ts";
import { stackedChartText } from "../stacked-chart.ts";
import type { Layout, TableColumn } from "../table.ts";
import { tableText } from "../table.ts";
import { intervalText, joinedParts, nothingText } from "./wording.ts";

/** Who is active above the line, who has gone dormant below it; then every number. */
export function lifecycleText(answer: LifecycleAnswer, layout: Layout): string {
  const { intervals, returning, resurrecting, dormant } = answer;
  if (intervals.length === 0) return nothingText(layout);
  const names = intervals.map(intervalText);
  const above: Area[] = [
    { label: "returning", values: returning },
    { label: "resurrecting", values: resurrecting },
    { label: "new", values: answer.new },
  ];
  const below: Area = { label: "dormant", values: dormant };
  const labels = { first: names[0] ?? "", last: names.at(-1) ?? "" };
  const columns: TableColumn[] = [
    { title: "" },
    ...["new", "returning", "resurrecting", "dormant"].map(
      (title): TableColumn => ({ title, align: "right" }),
    ),
  ];
  const rows = names.map((name, index) => [
    name,
    ...[answer.new, returning, resurrecting, dormant].map((list) => numberText(list[index] ?? 0)),
  ]);
  return joinedParts([
    stackedChartText({ above, below, labels }, layout),
    tableText(columns, rows, layout),
  ]);
}
