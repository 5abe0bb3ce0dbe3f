import type { Answer, SegmentationAnswer, StoredEvent } from "@shale/model";
import { ShaleError } from "@shale/model";
import { segmentText } from "./segmentation.ts";

/** An answer as a flat list of records, for CSV and NDJSON: the same names in both. */
export interface FlatRows {
  readonly columns: readonly string[];
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

/** @throws {ShaleError} NOT_BUILT for a kind of answer without a flat shape. */
export function flatRowsOf(answer: Answer): FlatRows {
  if (answer.kind === "segmentation") return segmentationRows(answer);
  if (answer.kind === "timeline") return eventRows(answer.events);
  throw new ShaleError(
    "NOT_BUILT",
    `Cannot write the answer as flat rows: there is no such shape for kind "${answer.kind}"`,
  );
}

/** One record a series, segment and interval; `interval: null` is the whole range. */
function segmentationRows(answer: SegmentationAnswer): FlatRows {
  const rows: Record<string, unknown>[] = [];
  for (const series of answer.series) {
    const add = (
      segment: { readonly segment: string | null; readonly by: readonly unknown[] | null },
      numbers: { readonly values: readonly (number | null)[]; readonly range: number | null },
    ): void => {
      answer.intervals.forEach((interval, index) => {
        const value = numbers.values[index] ?? null;
        rows.push({ series: series.label, ...segment, interval, value });
      });
      rows.push({ series: series.label, ...segment, interval: null, value: numbers.range });
    };
    add({ segment: null, by: null }, series.overall);
    for (const segment of series.segments ?? []) {
      add({ segment: segmentText(segment), by: segment.by }, segment);
    }
  }
  return { columns: ["series", "segment", "by", "interval", "value"], rows };
}

function eventRows(events: readonly StoredEvent[]): FlatRows {
  return {
    columns: ["time", "user_id", "event", "insert_id", "properties"],
    rows: events.map((event) => ({ ...event })),
  };
}

/** RFC 4180 with `\n`: absent and null are empty, lists and objects are JSON text. */
export function csvText({ columns, rows }: FlatRows): string {
  const lines = [columns, ...rows.map((row) => columns.map((column) => row[column]))];
  return lines.map((cells) => `${cells.map(csvCell).join(",")}\n`).join("");
}

function csvCell(value: unknown): string {
  if (value === null || value === undefined) return "";
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function ndjsonText({ rows }: FlatRows): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join("");
}
