import type { RetentionAnswer, RetentionBucket } from "@shale/model";
import { numberText } from "../numbers.ts";
import type { Layout } from "../table.ts";
import { cutText, fitText, visibleText, widthOf } from "../text.ts";
import { isFuture } from "./future-cells.ts";
import { intervalText, joinedParts, nothingText, paragraph, segmentText } from "./wording.ts";

/** By quarters: nothing at all, then up to 25, 50, 75 and 100 %. */
const SHADES = ["░", "▒", "▓", "█"] as const;
/** `█ 100%*` */
const CELL_WIDTH = 7;
const NAME_WIDTH_MIN = 4;

interface Cell {
  /** null: of nobody. */
  readonly rate: number | null;
  readonly mark: "" | "*";
}
interface Row {
  readonly name: string;
  readonly size: string;
  /** undefined: nothing to show yet. */
  readonly cells: readonly (Cell | undefined)[];
}

/** The triangle of cohorts, shaded by rate; what is not complete yet has an asterisk. */
export function retentionText(answer: RetentionAnswer, layout: Layout): string {
  const { cohorts, average, brackets, segments } = answer;
  const titles = brackets.map(([first, last]) =>
    first === last ? `${first}` : `${first}-${last}`,
  );
  const rows = cohorts.map(({ interval, size, buckets }, index): Row => {
    const cells = buckets.map((bucket, at) =>
      isFuture(answer, { cohort: index, bucket: at }) ? undefined : cellOf(bucket),
    );
    return { name: intervalText(interval), size: numberText(size), cells };
  });
  const averages: Row = { name: "average", size: "", cells: average.map(averageCell) };
  return joinedParts([
    shadedTable([...rows, averages], { name: "cohort", titles }, layout),
    segments === undefined ? undefined : segmentsText(segments, titles, layout),
    paragraph(noteOf(answer), layout, layout.palette.faint),
  ]);
}

function cellOf({ rate, complete }: RetentionBucket): Cell {
  return { rate, mark: complete ? "" : "*" };
}

function averageCell({ rate }: { readonly rate: number | null }): Cell {
  return { rate, mark: "" };
}

/** The segments by their averages: a triangle for each would fill pages. */
function segmentsText(
  segments: NonNullable<RetentionAnswer["segments"]>,
  titles: readonly string[],
  layout: Layout,
): string {
  const heading = paragraph("segments, average of their cohorts", layout, layout.palette.strong);
  if (segments.length === 0) return `${heading}\n${nothingText(layout)}`;
  const rows = segments.map((segment): Row => {
    const size = segment.cohorts.reduce((sum, cohort) => sum + cohort.size, 0);
    return {
      name: segmentText(segment),
      size: numberText(size),
      cells: segment.average.map(averageCell),
    };
  });
  return `${heading}\n${shadedTable(rows, { name: "", titles }, layout)}`;
}

const modes = {
  on: "returned in the bucket",
  onOrAfter: "returned in the bucket or later",
  onOrBefore: "returned in the bucket or earlier",
  streak: "returned in every bucket up to this one",
} as const;

function noteOf({ mode, clock, cohorts }: RetentionAnswer): string {
  const isOpen = cohorts.some(({ buckets }) => buckets.some(({ complete }) => !complete));
  const open = isOpen ? "; * not complete yet, left out of the averages" : "";
  return `${modes[mode]}, ${clock} clock${open}`;
}

/** Tables that fit, each with names and sizes again, of as many buckets as there is room for. */
function shadedTable(
  rows: readonly Row[],
  head: { readonly name: string; readonly titles: readonly string[] },
  layout: Layout,
): string {
  const { width, palette } = layout;
  const widest = (texts: readonly string[]): number => Math.max(...texts.map(widthOf));
  const sizes = ["size", ...rows.map(({ size }) => size)];
  const names = rows.map(({ name }) => visibleText(name));
  const heads = head.titles.map((title) => `${title} `); // The blank stands over the marks.
  const cellWidth = Math.max(CELL_WIDTH, ...heads.map(widthOf)) + 1;
  const sizeWidth = widest(sizes);
  const withSizes = NAME_WIDTH_MIN + 1 + sizeWidth + cellWidth <= width;
  const roomForName = width - cellWidth - (withSizes ? 1 + sizeWidth : 0);
  const nameWidth = Math.min(widest([head.name, ...names]), roomForName);
  const key = (name: string, size: string): string =>
    fitText(name, nameWidth, "left") + (withSizes ? ` ${fitText(size, sizeWidth, "right")}` : "");
  const keyWidth = width - roomForName - cellWidth + nameWidth;
  const cellCount = Math.max(1, Math.floor((width - keyWidth) / cellWidth));

  const tables: string[] = [];
  for (let start = 0; start < heads.length; start += cellCount) {
    const end = Math.min(start + cellCount, heads.length);
    const titles = heads.slice(start, end).map((title) => fitText(title, cellWidth, "right"));
    const title = `${key(head.name, "size")}${titles.join("")}`;
    const lines = rows.map(({ size, cells }, index) => {
      const shown = cells.slice(start, end).map((cell) => cellText(cell, cellWidth, layout));
      return `${key(names[index] ?? "", size)}${shown.join("")}`.trimEnd();
    });
    tables.push([palette.strong(cutText(title.trimEnd(), width)), ...lines].join("\n"));
  }
  return tables.join("\n\n");
}

function cellText(cell: Cell | undefined, width: number, { palette }: Layout): string {
  if (cell === undefined) return " ".repeat(width);
  const { rate, mark } = cell;
  if (rate === null) return fitText(mark === "" ? "– " : "–*", width, "right");
  const shade = rate <= 0 ? " " : (SHADES[Math.min(3, Math.ceil(rate * 4) - 1)] ?? "");
  const blanks = " ".repeat(width - CELL_WIDTH);
  return `${blanks}${palette.bar(shade)} ${percentText(rate).padStart(4)}${mark || " "}`;
}

/** In four characters; only nothing is 0 % and only everything 100 %. */
function percentText(rate: number): string {
  const percent = Math.round(rate * 100);
  if (percent === 0 && rate > 0) return "<1%";
  if (percent === 100 && rate < 1) return ">99%";
  return `${percent}%`;
}
