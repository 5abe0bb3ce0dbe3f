import type { Segment, SegmentationAnswer } from "@shale/model";
import type { PlainTable } from "../plain-table.ts";
import type { ColumnType, SegmentRow } from "./table-of-rows.ts";
import { tableOfSegments } from "./table-of-rows.ts";

const COLUMNS: readonly ColumnType[] = [
  { name: "series", type: "string" },
  { name: "interval", type: "string" },
  { name: "value", type: "number" },
];

/** A row a series, segment and interval, and one without an interval for the whole range. */
export function segmentationTable({ series, intervals }: SegmentationAnswer): PlainTable {
  const rows: SegmentRow[] = [];
  for (const { label, overall, segments = [] } of series) {
    const add = (
      segment: Segment | undefined,
      { values, range }: { readonly values: readonly (number | null)[]; range: number | null },
    ): void => {
      intervals.forEach((interval, index) => {
        rows.push({ segment, cells: [label, interval, values[index] ?? null] });
      });
      rows.push({ segment, cells: [label, null, range] });
    };
    add(undefined, overall);
    for (const segment of segments) add(segment, segment);
  }
  return tableOfSegments(COLUMNS, rows);
}
