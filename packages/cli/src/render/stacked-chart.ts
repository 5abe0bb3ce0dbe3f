import { columnPlan, grouped, timeAxis } from "./chart.ts";
import { scaleText } from "./numbers.ts";
import type { Layout } from "./table.ts";
import { breakText, fitText, widthOf } from "./text.ts";

export interface Area {
  readonly label: string;
  readonly values: readonly number[];
}
export interface StackedChart {
  /** From the line upwards, at most three. */
  readonly above: readonly Area[];
  readonly below: Area;
  readonly labels: { readonly first: string; readonly last: string };
}

const ROWS = 12;
/** Told apart without colour too. */
const FILLS = ["█", "▒", "░"] as const;
const FILL_BELOW = "▓";

interface Cell {
  readonly fill: string;
  readonly area: number;
}

/** Counts on top of each other over time, and one below the line. Undefined without any. */
export function stackedChartText(
  { above, below, labels }: StackedChart,
  layout: Layout,
): string | undefined {
  const { width, palette } = layout;
  const sums = below.values.map((_, at) =>
    above.reduce((sum, { values }) => sum + (values[at] ?? 0), 0),
  );
  const top = sums.reduce((most, sum) => Math.max(most, sum), 0);
  const bottom = below.values.reduce((most, value) => Math.max(most, value), 0);
  if (top + bottom === 0) return undefined;
  const scale = [top > 0 ? scaleText(top) : "", "0", bottom > 0 ? scaleText(bottom) : ""];
  const axisWidth = Math.max(...scale.map(widthOf));
  const { groupSize, pitch, barWidth } = columnPlan(below.values.length, width - axisWidth - 2);
  const areas = [...above, below].map(({ values }) =>
    grouped(values, groupSize).map((value) => value ?? 0),
  );
  const columnCount = areas[0]?.length ?? 0;
  const rowsUp = rowCount(top, top + bottom);
  const rowsDown = rowCount(bottom, top + bottom);

  const lineOf = (label: string, mark: string, cellAt: (column: number) => Cell | undefined) => {
    const cells = Array.from({ length: columnCount }, (_, column) => {
      const cell = cellAt(column);
      const blanks = " ".repeat(pitch - barWidth);
      if (cell === undefined) return " ".repeat(barWidth) + blanks;
      return palette.areas[cell.area]?.(cell.fill.repeat(barWidth)) + blanks;
    });
    const axis = palette.faint(`${fitText(label, axisWidth, "right")} ${mark}`);
    return (axis + cells.join("")).trimEnd();
  };
  const lines: string[] = [];
  for (let row = rowsUp - 1; row >= 0; row--) {
    const label = row === rowsUp - 1 ? scale[0] : "";
    lines.push(
      lineOf(label ?? "", "│", (at) => cellAbove(areas, at, ((row + 0.5) / rowsUp) * top)),
    );
  }
  const ground = "─".repeat(columnCount * pitch);
  lines.push(palette.faint(`${fitText("0", axisWidth, "right")} ┼${ground}`));
  for (let row = 0; row < rowsDown; row++) {
    const label = row === rowsDown - 1 ? scale[2] : "";
    const level = ((row + 0.5) / rowsDown) * bottom;
    lines.push(
      lineOf(label ?? "", "│", (at) =>
        (areas.at(-1)?.[at] ?? 0) > level ? { fill: FILL_BELOW, area: above.length } : undefined,
      ),
    );
  }
  lines.push(palette.faint(timeAxis(labels, axisWidth + 2, columnCount * pitch, width)));
  lines.push(...legendLines([...above, below], groupSize, layout));
  return lines.join("\n");
}

/** Its share of the rows; whatever is there at all has one. */
function rowCount(value: number, whole: number): number {
  return value === 0 ? 0 : Math.max(1, Math.round((value / whole) * ROWS));
}

/** Which area is at this height of a column. */
function cellAbove(areas: readonly (readonly number[])[], at: number, level: number) {
  let reached = 0;
  for (const [area, fill] of FILLS.entries()) {
    if (area === areas.length - 1) break;
    reached += areas[area]?.[at] ?? 0;
    if (reached > level) return { fill, area };
  }
  return undefined;
}

function legendLines(areas: readonly Area[], groupSize: number, { width, palette }: Layout) {
  const fills = [...FILLS.slice(0, areas.length - 1), FILL_BELOW];
  const entries = areas.map(({ label }, index) => ({ fill: fills[index] ?? "", label, index }));
  const lines: (typeof entries)[] = [[]];
  let used = 0;
  for (const entry of entries) {
    const wanted = 2 + widthOf(entry.label) + 2;
    if (used > 0 && used + wanted - 2 > width) {
      lines.push([]);
      used = 0;
    }
    lines.at(-1)?.push(entry);
    used += wanted;
  }
  const legend = lines.map((line) =>
    line
      .map(({ fill, label, index }) => `${palette.areas[index]?.(fill) ?? fill} ${label}`)
      .join("  "),
  );
  const means = `each column is the mean of ${groupSize} neighbours`;
  return groupSize > 1 ? [...legend, ...breakText(means, width).map(palette.faint)] : legend;
}
