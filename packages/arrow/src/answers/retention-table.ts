import type { RetentionAnswer, RetentionCohort, Segment } from "@shale/model";
import type { PlainCell, PlainTable } from "../plain-table.ts";
import type { ColumnType, SegmentRow } from "./table-of-rows.ts";
import { tableOfSegments } from "./table-of-rows.ts";

const COLUMNS: readonly ColumnType[] = [
  { name: "interval", type: "string" },
  { name: "size", type: "number" },
  { name: "bucket", type: "number" },
  { name: "bracketFrom", type: "number" },
  { name: "bracketTo", type: "number" },
  { name: "count", type: "number" },
  { name: "rate", type: "number" },
  { name: "complete", type: "boolean" },
];

/** A row a cohort and bucket, and one without an interval for the average of a bucket. */
export function retentionTable(answer: RetentionAnswer): PlainTable {
  const rows: SegmentRow[] = [];
  const bracketOf = (bucket: number): PlainCell[] => {
    const [from = null, to = null] = answer.brackets[bucket] ?? [];
    return [bucket, from, to];
  };
  const add = (
    segment: Segment | undefined,
    { cohorts, average }: { readonly cohorts: readonly RetentionCohort[] } & Average,
  ): void => {
    for (const { interval, size, buckets } of cohorts) {
      for (const [bucket, { count, rate, complete }] of buckets.entries()) {
        const cells = [interval, size, ...bracketOf(bucket), count, rate, complete];
        rows.push({ segment, cells });
      }
    }
    for (const [bucket, { rate }] of average.entries()) {
      rows.push({ segment, cells: [null, null, ...bracketOf(bucket), null, rate, null] });
    }
  };
  add(undefined, answer);
  for (const segment of answer.segments ?? []) add(segment, segment);
  return tableOfSegments(COLUMNS, rows);
}

type Average = Pick<RetentionAnswer, "average">;
