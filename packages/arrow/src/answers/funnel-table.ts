import type { FunnelAnswer, FunnelAnswerStep, Segment, TimeToConvert } from "@shale/model";
import type { PlainCell, PlainTable } from "../plain-table.ts";
import type { ColumnType, SegmentRow } from "./table-of-rows.ts";
import { tableOfSegments } from "./table-of-rows.ts";

const COLUMNS: readonly ColumnType[] = [
  { name: "interval", type: "string" },
  { name: "step", type: "number" },
  { name: "label", type: "string" },
  { name: "count", type: "number" },
  { name: "fromFirst", type: "number" },
  { name: "fromPrevious", type: "number" },
  { name: "pending", type: "number" },
  { name: "timeFromPreviousMsAvg", type: "number" },
  { name: "timeFromPreviousMsMedian", type: "number" },
  { name: "timeFromPreviousMsP90", type: "number" },
  { name: "timeFromFirstMsAvg", type: "number" },
  { name: "timeFromFirstMsMedian", type: "number" },
  { name: "timeFromFirstMsP90", type: "number" },
];

/** A row a step: of all, of each segment, and of each interval of a trend. */
export function funnelTable({ steps, segments = [], trend = [] }: FunnelAnswer): PlainTable {
  const rows: SegmentRow[] = [];
  const add = (
    segment: Segment | undefined,
    interval: string | null,
    of: readonly FunnelAnswerStep[],
  ): void => {
    for (const [index, step] of of.entries()) {
      rows.push({ segment, cells: [interval, index + 1, ...cellsOf(step)] });
    }
  };
  add(undefined, null, steps);
  for (const segment of segments) add(segment, null, segment.steps);
  for (const { interval, steps: of } of trend) add(undefined, interval, of);
  return tableOfSegments(COLUMNS, rows);
}

function cellsOf(step: FunnelAnswerStep): PlainCell[] {
  const { label, count, fromFirst, fromPrevious, pending } = step;
  const times = [...timesOf(step.timeFromPreviousMs), ...timesOf(step.timeFromFirstMs)];
  return [label, count, fromFirst, fromPrevious, pending, ...times];
}

function timesOf(times: TimeToConvert | undefined): PlainCell[] {
  return [times?.avg ?? null, times?.median ?? null, times?.p90 ?? null];
}
