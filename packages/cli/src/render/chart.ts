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

/**
 * Columns over time from zero up: one a value, or the mean of neighbours where there are too many.
 * With negative values the least one is the ground. Undefined when there is nothing to draw.
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
  const top = low < 0 ? high : roundUp(high);
  const scale = [top, (top + low) / 2, low].map(scaleText);
  const axisWidth = Math.max(...scale.map(widthOf));
  const { groupSize, pitch, barWidth } = columnPlan(values.length, width - axisWidth - 2);
  const bars = grouped(values, groupSize);
  const eighths = bars.map((value) =>
    value === null ? 0 : Math.round(((value - low) / (top - low)) * COLUMN_CHART_ROWS * 8),
  );

  const lines: string[] = [];
  for (let row = COLUMN_CHART_ROWS - 1; row >= 0; row--) {
    const label = row === COLUMN_CHART_ROWS - 1 ? scale[0] : row === 0 ? scale[2] : undefined;
    const middle = row === (COLUMN_CHART_ROWS - 1) / 2 ? scale[1] : "";
    const cells = eighths.map((height) => {
      const block = EIGHTHS_UP[Math.max(0, Math.min(8, height - row * 8))] ?? " ";
      return block.repeat(barWidth) + " ".repeat(Math.max(0, pitch - barWidth));
    });
    const axis = palette.faint(`${fitText(label ?? middle ?? "", axisWidth, "right")} │`);
    lines.push(axis + palette.bar(cells.join("").trimEnd()));
  }
  lines.push(palette.faint(timeAxis(labels, axisWidth + 2, bars.length * pitch, width)));
  if (groupSize > 1) {
    const means = `each column is the mean of ${groupSize} neighbours`;
    lines.push(...breakText(means, width).map(palette.faint));
  }
  return lines.join("\n");
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
