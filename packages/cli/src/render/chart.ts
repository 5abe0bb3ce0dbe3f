import { numberText, scaleText } from "./numbers.ts";
import type { Layout } from "./table.ts";
import { breakText, cutText, fitText, visibleText, widthOf } from "./text.ts";

const EIGHTHS_UP = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"] as const;
const EIGHTHS_RIGHT = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"] as const;
const BAR_WIDTH_MAX = 5;
const COLUMN_CHART_ROWS = 7;
const LABEL_WIDTH_MIN = 4;

/** Means of runs of `size` neighbours; a run without a value has none. */
export function grouped(values: readonly (number | null)[], size: number): (number | null)[] {
  const groups: (number | null)[] = [];
  for (let start = 0; start < values.length; start += size) {
    const present = values.slice(start, start + size).filter((value) => value !== null);
    groups.push(
      present.length === 0 ? null : present.reduce((sum, value) => sum + value, 0) / present.length,
    );
  }
  return groups;
}

/** How many neighbours share a column, how wide it is, and how far it is to the next one. */
export function columnPlan(valueCount: number, room: number) {
  const plotWidth = Math.max(1, room);
  const groupSize = Math.max(1, Math.ceil(valueCount / plotWidth));
  const columnCount = Math.max(1, Math.ceil(valueCount / groupSize));
  const pitch = Math.min(BAR_WIDTH_MAX + 1, Math.floor(plotWidth / columnCount));
  return { groupSize, pitch, barWidth: pitch > 1 ? pitch - 1 : 1 };
}

const ROUND_FACTORS = [1, 1.5, 2, 3, 4, 5, 6, 8] as const;

/** A round number at or above `value`. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const factor = ROUND_FACTORS.find((one) => one * power >= value) ?? 10;
  return factor * power;
}

/** A round number at or above `value`, which is above 0; itself where there is none. */
function scaleEnd(value: number): number {
  const round = roundUp(value);
  return round >= value && Number.isFinite(round) ? round : value;
}

/** A row of a chart: what stands before the axis, and what each column shows. */
interface ChartRow {
  readonly label: string;
  readonly cellOf: (value: number | null) => string;
}

/**
 * Columns over time, from zero up and from zero down: one a value, or the mean of neighbours where
 * there are too many. A dot stands for no value. Undefined when there is nothing to draw.
 */
export function columnChartText(
  values: readonly (number | null)[],
  labels: { readonly first: string; readonly last: string },
  { width, palette }: Layout,
): string | undefined {
  const present = values.filter((value) => value !== null);
  const low = present.reduce((least, value) => Math.min(least, value), 0);
  const high = present.reduce((greatest, value) => Math.max(greatest, value), 0);
  if (present.length === 0 || high === low) return undefined;
  const rows = chartRows(high === 0 ? 0 : scaleEnd(high), low === 0 ? 0 : -scaleEnd(-low));
  const axisWidth = Math.max(...rows.map(({ label }) => widthOf(label)));
  const { groupSize, pitch, barWidth } = columnPlan(values.length, width - axisWidth - 2);
  const bars = grouped(values, groupSize);

  const lines = rows.map(({ label, cellOf }) => {
    const cells = bars.map((value) => {
      const cell = cellOf(value);
      const drawn = cell === NO_VALUE ? cell.padEnd(barWidth) : cell.repeat(barWidth);
      return drawn + " ".repeat(pitch - barWidth);
    });
    const axis = palette.faint(`${fitText(label, axisWidth, "right")} │`);
    return axis + palette.bar(cells.join("").trimEnd());
  });
  lines.push(palette.faint(timeAxis(labels, axisWidth + 2, bars.length * pitch, width)));
  const notes = [
    ...(bars.includes(null) ? [`${NO_VALUE} no value`] : []),
    ...(groupSize > 1 ? [`each column is the mean of ${groupSize} neighbours`] : []),
  ];
  for (const note of notes) lines.push(...breakText(note, width).map(palette.faint));
  return lines.join("\n");
}

const NO_VALUE = "·";

/** Rows above zero in eighths, then those below it in halves: blocks that hang have no more. */
function chartRows(top: number, bottom: number): ChartRow[] {
  const share = top === 0 ? 0 : 1 / (1 - bottom / top);
  const mixed = Math.min(COLUMN_CHART_ROWS - 1, Math.max(1, Math.round(share * COLUMN_CHART_ROWS)));
  const upCount = bottom === 0 ? COLUMN_CHART_ROWS : top === 0 ? 0 : mixed;
  const downCount = COLUMN_CHART_ROWS - upCount;
  const labelOf = (row: number): string => {
    if (row === upCount - 1) return scaleText(top);
    if (row === 0 && downCount === 0) return scaleText(0);
    return downCount === 0 && row === (upCount - 1) / 2 ? scaleText(top / 2) : "";
  };
  const up = Array.from({ length: upCount }, (_, index): ChartRow => {
    const row = upCount - 1 - index;
    const cellOf = (value: number | null): string => {
      if (value === null) return row === 0 && downCount === 0 ? NO_VALUE : " ";
      const height = Math.round((value / top) * upCount * 8) - row * 8;
      return EIGHTHS_UP[Math.max(0, Math.min(8, height))] ?? " ";
    };
    return { label: labelOf(row), cellOf };
  });
  const down = Array.from({ length: downCount }, (_, row): ChartRow => {
    const cellOf = (value: number | null): string => {
      const depth = Math.round(((value ?? 0) / bottom) * downCount * 2) - row * 2;
      return depth >= 2 ? "█" : depth === 1 ? "▀" : " ";
    };
    return { label: row === downCount - 1 ? scaleText(bottom) : "", cellOf };
  });
  const zeroLine = {
    label: "0",
    cellOf: (value: number | null) => (value === null ? NO_VALUE : "─"),
  };
  return downCount === 0 ? up : [...up, zeroLine, ...down];
}

export function timeAxis(
  { first, last }: { readonly first: string; readonly last: string },
  indent: number,
  plotWidth: number,
  width: number,
): string {
  const wanted = widthOf(first) + 2 + widthOf(last);
  const line = Math.min(width - indent, Math.max(plotWidth, wanted));
  if (first === last || wanted > line) return " ".repeat(indent) + cutText(first, line);
  return " ".repeat(indent) + first + fitText(last, line - widthOf(first), "right");
}

export interface Bar {
  readonly label: string;
  readonly value: number | null;
  /** Written behind the number, as `12.3 %`. */
  readonly note?: string | undefined;
}

/** One bar a line, longest for the greatest value; negative and missing values have none. */
export function barChartText(bars: readonly Bar[], { width, palette }: Layout): string {
  const high = Math.max(0, ...bars.map((bar) => bar.value ?? 0));
  const numbers = bars.map((bar) => numberText(bar.value));
  const numberWidth = Math.max(...numbers.map(widthOf));
  const widestNote = Math.max(...bars.map((bar) => widthOf(bar.note ?? "")));
  const withNotes = widestNote > 0 && width >= numberWidth + widestNote + 4 + LABEL_WIDTH_MIN;
  const noteWidth = withNotes ? widestNote : 0;
  const fixed = 2 + numberWidth + (noteWidth > 0 ? 2 + noteWidth : 0);
  const labels = bars.map((bar) => visibleText(bar.label));
  const labelWidth = Math.min(
    Math.max(...labels.map(widthOf)),
    Math.max(LABEL_WIDTH_MIN, Math.floor((width - fixed) / 2)),
    Math.max(0, width - fixed),
  );
  const barRoom = Math.max(0, width - fixed - labelWidth - 2);
  return bars
    .map((bar, index) => {
      const share = high > 0 ? Math.max(0, bar.value ?? 0) / high : 0;
      const eighths = Math.round(share * barRoom * 8);
      const full = Math.floor(eighths / 8);
      const drawn = "█".repeat(full) + (EIGHTHS_RIGHT[eighths % 8] ?? "");
      const label = fitText(labels[index] ?? "", labelWidth, "left");
      const number = fitText(numbers[index] ?? "", numberWidth, "right");
      const note = noteWidth > 0 ? `  ${fitText(bar.note ?? "", noteWidth, "right")}` : "";
      return `${label}  ${number}${note}  ${palette.bar(drawn)}`.trimEnd();
    })
    .join("\n");
}
