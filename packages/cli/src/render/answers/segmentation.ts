import type {
  SegmentationAnswer,
  SegmentationAnswerSeries,
  SegmentationSegment,
} from "@shale/model";
import { barChartText, columnChartText } from "../chart.ts";
import { numberText, shareText } from "../numbers.ts";
import type { Layout, TableColumn } from "../table.ts";
import { tableText } from "../table.ts";
import { cutText, visibleText } from "../text.ts";
import { intervalText, nothingText, segmentText } from "./wording.ts";

/** Series that get a chart of their own before the table. */
const CHARTS_MAX = 4;

/** Charts of what changes over time, bars of the breakdown, then every number in tables. */
export function segmentationText(answer: SegmentationAnswer, layout: Layout): string {
  const parts: string[] = [];
  const charts = answer.series.slice(0, CHARTS_MAX);
  for (const series of charts) {
    const chart = seriesChart(answer, series, layout);
    if (chart !== undefined) parts.push(chart);
  }
  const broken = answer.series.filter((series) => series.segments !== undefined);
  for (const series of broken) parts.push(breakdownText(series, layout));
  if (answer.intervals.length > 1 || broken.length === 0) {
    parts.push(...intervalTables(answer, layout));
  }
  return parts.join("\n\n");
}

function seriesChart(
  answer: SegmentationAnswer,
  series: SegmentationAnswerSeries,
  layout: Layout,
): string | undefined {
  if (answer.intervals.length < 2) return undefined;
  const labels = {
    first: intervalText(answer.intervals[0] ?? ""),
    last: intervalText(answer.intervals.at(-1) ?? ""),
  };
  const chart = columnChartText(series.overall.values, labels, layout);
  if (chart === undefined || answer.series.length === 1) return chart;
  return `${cutText(visibleText(series.label), layout.width)}\n${chart}`;
}

function breakdownText(series: SegmentationAnswerSeries, layout: Layout): string {
  const segments = series.segments ?? [];
  const room = layout.width - ", whole range".length;
  const label = cutText(visibleText(series.label), Math.max(room, 1));
  const title = layout.palette.strong(`${label}, whole range`);
  if (segments.length === 0) return `${title}\n${nothingText(layout)}`;
  // Shares say something only where the segments make up the whole: of totals, not of averages.
  const whole = series.overall.range;
  const isWhole = segments.reduce((sum, { range }) => sum + (range ?? Number.NaN), 0) === whole;
  const bars = segments.map((segment) => ({
    label: segmentText(segment),
    value: segment.range,
    note: isWhole ? shareText(segment.range, whole) : undefined,
  }));
  return `${title}\n${barChartText(bars, layout)}`;
}

interface NumberColumn {
  readonly title: string;
  readonly values: readonly (number | null)[];
  readonly range: number | null;
}

function intervalTables(answer: SegmentationAnswer, layout: Layout): string[] {
  const overall = answer.series.map(
    (series): NumberColumn => ({ title: series.label, ...series.overall }),
  );
  const isBroken = answer.series.some((series) => series.segments !== undefined);
  if (!isBroken) return [numbersTable(answer.intervals, overall, layout)];
  return answer.series.map((series, index) => {
    const all: NumberColumn = { ...series.overall, title: "all" };
    const segments = (series.segments ?? []).map(
      (segment: SegmentationSegment): NumberColumn => ({ ...segment, title: segmentText(segment) }),
    );
    const table = numbersTable(answer.intervals, [all, ...segments], layout);
    const title = cutText(visibleText(overall[index]?.title ?? ""), layout.width);
    return overall.length > 1 ? `${title}\n${table}` : table;
  });
}

function numbersTable(
  intervals: readonly string[],
  numbers: readonly NumberColumn[],
  layout: Layout,
): string {
  const columns: TableColumn[] = [
    { title: "" },
    ...numbers.map(({ title }): TableColumn => ({ title, align: "right" })),
  ];
  const rows = intervals.map((interval, index) => [
    intervalText(interval),
    ...numbers.map(({ values }) => numberText(values[index] ?? null)),
  ]);
  const wholeRange = ["whole range", ...numbers.map(({ range }) => numberText(range))];
  const shown = intervals.length === 1 ? [wholeRange] : [...rows, wholeRange];
  return tableText(columns, shown, layout);
}
