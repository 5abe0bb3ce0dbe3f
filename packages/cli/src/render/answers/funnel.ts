import type { FunnelAnswer, FunnelAnswerStep } from "@shale/model";
import { barChartText, columnChartText } from "../chart.ts";
import { durationText, numberText, rateText } from "../numbers.ts";
import type { Layout, TableColumn } from "../table.ts";
import { tableText } from "../table.ts";
import { intervalText, joinedParts, nothingText, paragraph, segmentText } from "./wording.ts";

type Steps = readonly FunnelAnswerStep[];

/** A bar a step, what lies between the steps, then breakdown and trend as tables. */
export function funnelText(answer: FunnelAnswer, layout: Layout): string {
  const { steps, segments, trend } = answer;
  return joinedParts([
    stepBars(steps, layout),
    betweenSteps(steps, layout),
    segments === undefined
      ? undefined
      : titled(
          "segments",
          segments.map((segment) => ({ ...segment, name: segmentText(segment) })),
          layout,
        ),
    trend === undefined ? undefined : trendText(answer.trendMode, trend, layout),
  ]);
}

function stepBars(steps: Steps, layout: Layout): string {
  return barChartText(
    steps.map(({ label, count, fromFirst }) => ({
      label,
      value: count,
      note: rateText(fromFirst),
    })),
    layout,
  );
}

function betweenSteps(steps: Steps, layout: Layout): string | undefined {
  const [, ...later] = steps;
  if (later.length === 0) return undefined;
  const columns: TableColumn[] = [
    { title: "step" },
    { title: "from previous", align: "right" },
    { title: "pending", align: "right" },
    { title: "median time", align: "right" },
    { title: "p90 time", align: "right" },
    { title: "median total", align: "right" },
  ];
  const rows = later.map(
    ({ label, fromPrevious, pending, timeFromPreviousMs, timeFromFirstMs }) => [
      label,
      rateText(fromPrevious),
      numberText(pending),
      timeText(timeFromPreviousMs?.median),
      timeText(timeFromPreviousMs?.p90),
      timeText(timeFromFirstMs?.median),
    ],
  );
  return tableText(columns, rows, layout);
}

function timeText(ms: number | null | undefined): string {
  return ms === null || ms === undefined ? "–" : durationText(ms);
}

interface NamedFunnel {
  readonly name: string;
  readonly steps: Steps;
}

/** One funnel a line: the counts of its steps, and the conversion from the first to the last. */
function titled(title: string, funnels: readonly NamedFunnel[], layout: Layout): string {
  const heading = paragraph(title, layout, layout.palette.strong);
  if (funnels.length === 0) return `${heading}\n${nothingText(layout)}`;
  const right = (text: string): TableColumn => ({ title: text, align: "right" });
  const columns = [
    { title: "" },
    ...(funnels[0]?.steps ?? []).map(({ label }) => right(label)),
    right("converted"),
    right("median total"),
  ];
  const rows = funnels.map(({ name, steps }) => [
    name,
    ...steps.map(({ count }) => numberText(count)),
    rateText(steps.at(-1)?.fromFirst ?? null),
    timeText(steps.at(-1)?.timeFromFirstMs?.median),
  ]);
  return `${heading}\n${tableText(columns, rows, layout)}`;
}

const trendTitles = {
  perInterval: "trend, each interval a funnel of its own",
  byEntry: "trend, attempts by the interval they began in",
} as const;

function trendText(
  mode: FunnelAnswer["trendMode"],
  trend: NonNullable<FunnelAnswer["trend"]>,
  layout: Layout,
): string {
  const names = trend.map(({ interval }) => intervalText(interval));
  const percents = trend.map(({ steps }) => {
    const rate = steps.at(-1)?.fromFirst ?? null;
    return rate === null ? null : rate * 100;
  });
  const labels = { first: names[0] ?? "", last: names.at(-1) ?? "" };
  const chart = trend.length < 2 ? undefined : columnChartText(percents, labels, layout);
  const funnels = trend.map(({ steps }, index) => ({ steps, name: names[index] ?? "" }));
  const table = titled(trendTitles[mode ?? "perInterval"], funnels, layout);
  if (chart === undefined) return table;
  const title = paragraph("converted in %, by interval", layout, layout.palette.strong);
  return `${title}\n${chart}\n\n${table}`;
}
