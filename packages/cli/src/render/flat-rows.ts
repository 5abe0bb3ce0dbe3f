import type {
  Answer,
  FlowAnswer,
  FunnelAnswer,
  FunnelAnswerStep,
  LifecycleAnswer,
  RetentionAnswer,
  Segment,
  SegmentationAnswer,
  SegmentValue,
  StoredEvent,
} from "@shale/model";
import { unreachable } from "@shale/model";
import { segmentText } from "./answers/wording.ts";

/** An answer as a flat list of records, for CSV and NDJSON: the same names in both. */
export interface FlatRows {
  readonly columns: readonly string[];
  readonly rows: readonly FlatRow[];
}
type FlatRow = Readonly<Record<string, unknown>>;

/** Every record has every column, in this order; docs/cli.md says what they hold. */
export function flatRowsOf(answer: Answer): FlatRows {
  switch (answer.kind) {
    case "segmentation":
      return segmentationRows(answer);
    case "funnel":
      return funnelRows(answer);
    case "retention":
      return retentionRows(answer);
    case "flow":
      return flowRows(answer);
    case "lifecycle":
      return lifecycleRows(answer);
    case "stickiness":
      return rowsOf(
        ["intervals", "users"],
        answer.users.map((users, index) => ({ intervals: index + 1, users })),
      );
    case "users":
      return rowsOf(["user_id"], answer.users);
    case "timeline":
      return eventRows(answer.events);
    default:
      return unreachable(answer);
  }
}

function rowsOf(columns: readonly string[], rows: readonly object[]): FlatRows {
  return { columns, rows: rows.map((row) => ({ ...row })) };
}

/** Which segment a record is of; null for the whole. */
interface SegmentCells {
  readonly segment: string | null;
  readonly by: readonly SegmentValue[] | null;
}
const whole: SegmentCells = { segment: null, by: null };

function segmentCells(segment: Segment): SegmentCells {
  return { segment: segmentText(segment), by: segment.by };
}

/** One record a series, segment and interval; `interval: null` is the whole range. */
function segmentationRows(answer: SegmentationAnswer): FlatRows {
  const rows: FlatRow[] = [];
  for (const series of answer.series) {
    const add = (
      segment: SegmentCells,
      numbers: { readonly values: readonly (number | null)[]; readonly range: number | null },
    ): void => {
      answer.intervals.forEach((interval, index) => {
        const value = numbers.values[index] ?? null;
        rows.push({ series: series.label, ...segment, interval, value });
      });
      rows.push({ series: series.label, ...segment, interval: null, value: numbers.range });
    };
    add(whole, series.overall);
    for (const segment of series.segments ?? []) add(segmentCells(segment), segment);
  }
  return { columns: ["series", "segment", "by", "interval", "value"], rows };
}

const FUNNEL_COLUMNS = [
  "segment",
  "by",
  "interval",
  "step",
  "label",
  "count",
  "fromFirst",
  "fromPrevious",
  "pending",
  "timeFromPreviousMsAvg",
  "timeFromPreviousMsMedian",
  "timeFromPreviousMsP90",
  "timeFromFirstMsAvg",
  "timeFromFirstMsMedian",
  "timeFromFirstMsP90",
] as const;

/** One record a step: of the whole, then of each segment, then of each interval of the trend. */
function funnelRows({ steps, segments, trend }: FunnelAnswer): FlatRows {
  const of = (
    cells: SegmentCells & { readonly interval: string | null },
    list: readonly FunnelAnswerStep[],
  ): FlatRow[] => list.map((step, index) => ({ ...cells, ...funnelStepCells(step, index) }));
  const rows = [
    ...of({ ...whole, interval: null }, steps),
    ...(segments ?? []).flatMap((one) => of({ ...segmentCells(one), interval: null }, one.steps)),
    ...(trend ?? []).flatMap((one) => of({ ...whole, interval: one.interval }, one.steps)),
  ];
  return { columns: FUNNEL_COLUMNS, rows };
}

function funnelStepCells(step: FunnelAnswerStep, index: number): FlatRow {
  const { label, count, fromFirst, fromPrevious, pending } = step;
  const { timeFromPreviousMs: previous, timeFromFirstMs: first } = step;
  return {
    step: index + 1,
    label,
    count,
    fromFirst,
    fromPrevious,
    pending,
    timeFromPreviousMsAvg: previous?.avg ?? null,
    timeFromPreviousMsMedian: previous?.median ?? null,
    timeFromPreviousMsP90: previous?.p90 ?? null,
    timeFromFirstMsAvg: first?.avg ?? null,
    timeFromFirstMsMedian: first?.median ?? null,
    timeFromFirstMsP90: first?.p90 ?? null,
  };
}

/** One record a cell; `interval: null` is the average of the cohorts. */
function retentionRows(answer: RetentionAnswer): FlatRows {
  const { brackets } = answer;
  const bracketCells = (index: number): FlatRow => {
    const [first, last] = brackets[index] ?? [null, null];
    return { bucket: index, bracketFrom: first, bracketTo: last };
  };
  const of = (
    segment: SegmentCells,
    { cohorts, average }: Pick<RetentionAnswer, "cohorts" | "average">,
  ): FlatRow[] => [
    ...cohorts.flatMap(({ interval, size, buckets }) =>
      buckets.map((cell, index) => ({
        ...segment,
        interval,
        size,
        ...bracketCells(index),
        ...cell,
      })),
    ),
    ...average.map(({ rate }, index) => ({
      ...segment,
      interval: null,
      size: null,
      ...bracketCells(index),
      count: null,
      rate,
      complete: null,
    })),
  ];
  return {
    columns: [
      "segment",
      "by",
      "interval",
      "size",
      "bucket",
      "bracketFrom",
      "bracketTo",
      "count",
      "rate",
      "complete",
    ],
    rows: [...of(whole, answer), ...(answer.segments ?? []).flatMap((s) => of(segmentCells(s), s))],
  };
}

/** Of a graph: one record a node, then one an edge. Of paths: one record a path, then the rest. */
function flowRows(answer: FlowAnswer): FlatRows {
  if (answer.mode === "paths") {
    const paths = answer.paths.map(({ labels, count }, index) => {
      return { path: index + 1, other: false, count, labels };
    });
    const rest = { path: null, other: true, count: answer.other, labels: null };
    return rowsOf(["path", "other", "count", "labels"], [...paths, rest]);
  }
  const nodes = answer.steps.flatMap(({ anchor = 0, offset, nodes: list }) =>
    list.map(({ label, other = false, count, dropOff, pending }) => {
      const none = { toLabel: null, toOther: null };
      return { part: "node", anchor, offset, label, other, ...none, count, dropOff, pending };
    }),
  );
  const edges = answer.edges.map(({ anchor = 0, offset, from, to, count }) => {
    const source = { label: from, other: from === null };
    const target = { toLabel: to, toOther: to === null };
    return {
      part: "edge",
      anchor,
      offset,
      ...source,
      ...target,
      count,
      dropOff: null,
      pending: null,
    };
  });
  return rowsOf(FLOW_COLUMNS, [...nodes, ...edges]);
}

const FLOW_COLUMNS = [
  "part",
  "anchor",
  "offset",
  "label",
  "other",
  "toLabel",
  "toOther",
  "count",
  "dropOff",
  "pending",
] as const;

function lifecycleRows(answer: LifecycleAnswer): FlatRows {
  const { intervals, returning, resurrecting, dormant } = answer;
  return rowsOf(
    ["interval", "new", "returning", "resurrecting", "dormant"],
    intervals.map((interval, at) => ({
      interval,
      new: answer.new[at] ?? 0,
      returning: returning[at] ?? 0,
      resurrecting: resurrecting[at] ?? 0,
      dormant: dormant[at] ?? 0,
    })),
  );
}

function eventRows(events: readonly StoredEvent[]): FlatRows {
  return rowsOf(["time", "user_id", "event", "insert_id", "properties"], events);
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
