import type { Palette } from "./palette.ts";
import { fitText, visibleText, widthOf } from "./text.ts";

export interface TableColumn {
  readonly title: string;
  /** "right" is for numbers, which are never cut: a cut number is a wrong one. */
  readonly align?: "left" | "right" | undefined;
  /** Text that means nothing when it is cut, as a date. */
  readonly fixed?: boolean | undefined;
}
/** Some of the columns with all rows: one line each. */
export interface TablePart {
  readonly title: string;
  readonly lines: readonly string[];
}
export interface Layout {
  /** Cells of a line. */
  readonly width: number;
  readonly palette: Palette;
}

const GAP = "  ";
/** A column of text may be cut down to so many cells; the first one names the row and keeps more. */
const TEXT_WIDTH_MIN = 8;
const KEY_WIDTH_MIN = 16;
const TITLE_WIDTH_MAX = 20;

/** Where even the first two columns do not fit, text may be cut to this. */
const TEXT_WIDTH_LAST = 4;

interface Measured {
  readonly index: number;
  readonly natural: number;
  readonly least: number;
  /** What it keeps on a line that is too short for its least width. */
  readonly last: number;
  /** Numbers and dates, which are never cut. */
  readonly isWhole: boolean;
}

function measured(columns: readonly TableColumn[], rows: readonly (readonly string[])[]) {
  return columns.map((column, index): Measured => {
    const cells = rows.reduce((widest, row) => Math.max(widest, widthOf(row[index] ?? "")), 0);
    const title = Math.min(widthOf(visibleText(column.title)), TITLE_WIDTH_MAX);
    const natural = Math.max(title, cells);
    const textLeast = Math.min(natural, index === 0 ? KEY_WIDTH_MIN : TEXT_WIDTH_MIN);
    const isWhole = column.align === "right" || column.fixed === true;
    return {
      index,
      natural,
      least: isWhole ? natural : textLeast,
      last: isWhole ? cells : Math.min(natural, TEXT_WIDTH_LAST),
      isWhole,
    };
  });
}

/** Splits the columns into tables that fit; each begins with the first column. */
function chunksOf(all: readonly Measured[], width: number): Measured[][] {
  const [key, ...others] = all;
  if (key === undefined) return [];
  const chunks: Measured[][] = [];
  let chunk = [key];
  let used = key.least;
  for (const column of others) {
    if (chunk.length > 1 && used + GAP.length + column.least > width) {
      chunks.push(chunk);
      chunk = [key];
      used = key.least;
    }
    chunk.push(column);
    used += GAP.length + column.least;
  }
  chunks.push(chunk);
  return chunks;
}

/** Gives the blanks that are left to the narrowest columns that still want some. */
function widthsOf(chunk: readonly Measured[], width: number): Map<number, number> {
  const widths = new Map(chunk.map((column) => [column.index, column.least]));
  let left = width - GAP.length * (chunk.length - 1);
  for (const column of chunk) left -= column.least;
  // Too short for the least widths: text and titles give way, the first column's text once more.
  const [key] = chunk;
  const lastResort = key === undefined || key.isWhole ? [] : [{ ...key, last: 0 }];
  for (const { index, last } of [...chunk, ...lastResort]) {
    const given = widths.get(index) ?? 0;
    const cut = Math.min(Math.max(0, -left), given - last);
    widths.set(index, given - cut);
    left += cut;
  }
  while (left > 0) {
    const hungry = chunk
      .filter((column) => (widths.get(column.index) ?? 0) < column.natural)
      .sort((a, b) => (widths.get(a.index) ?? 0) - (widths.get(b.index) ?? 0))[0];
    if (hungry === undefined) break;
    widths.set(hungry.index, (widths.get(hungry.index) ?? 0) + 1);
    left--;
  }
  return widths;
}

/**
 * A table no wider than the layout. Text is cut with `…`; columns that do not fit follow as further
 * parts, each with the first column again.
 */
export function tableParts(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  { width, palette }: Layout,
): TablePart[] {
  const clean = rows.map((row) => row.map(visibleText));
  return chunksOf(measured(columns, clean), width).map((chunk) => {
    const widths = widthsOf(chunk, width);
    const lineOf = (cells: (index: number) => string): string =>
      chunk
        .map(({ index }) =>
          fitText(cells(index), widths.get(index) ?? 0, columns[index]?.align ?? "left"),
        )
        .join(GAP)
        .trimEnd();
    return {
      title: palette.strong(lineOf((index) => visibleText(columns[index]?.title ?? ""))),
      lines: clean.map((row) => lineOf((index) => row[index] ?? "")),
    };
  });
}

/** The parts of a table below each other. */
export function tableText(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  layout: Layout,
): string {
  return tableParts(columns, rows, layout)
    .map(({ title, lines }) => [title, ...lines].join("\n"))
    .join("\n\n");
}
