import type { Answer, AnswerMeta, AnswerOf, QueryKind } from "@shale/model";
import * as arrow from "apache-arrow";
import { expect, test } from "vitest";
import { toArrow } from "./to-arrow.ts";

const meta: AnswerMeta = {
  asOf: "2026-11-01T00:00:00.000Z",
  spec: "A",
  snapshot: "s",
  timezone: "UTC",
  stats: {
    ...{ filesPlanned: 0, filesPruned: 0, filesFromFooter: 0, rowsScanned: 0, shards: 1 },
    ...{ retries: 0, skipped: 0, tieOverflow: 0, historyFrom: null, elapsedMs: 0 },
    bytesRead: { memory: 0, disk: 0, store: 0 },
  },
};

type Value = string | number | boolean | bigint | null;

/** Names and types of the columns, and the rows, after a way through bytes with our own import. */
function sentAndRead(answer: Answer): { columns: string[]; rows: Value[][] } {
  const made = toArrow(answer);
  expect(made).toBeInstanceOf(arrow.Table);
  const table = arrow.tableFromIPC(arrow.tableToIPC(made));
  expect(table.numRows).toBe(made.numRows);
  const columns = table.schema.fields.map(({ name, type }) => `${name} ${type}`);
  const vectors = table.schema.fields.map((_, index) => table.getChildAt(index));
  const rows = Array.from({ length: table.numRows }, (_, row) =>
    vectors.map((vector) => vector?.get(row) as Value),
  );
  return { columns, rows };
}

const step = { count: 4, fromFirst: 1, fromPrevious: null, pending: 0 };
const times = { avg: 1.5, median: 1, p90: null };
const last = { label: "b", ...step, timeFromPreviousMs: times, timeFromFirstMs: times };
const bucket = { count: 2, rate: 0.5, complete: true };

test("a segmentation has a row a series, segment and interval, and one for the whole range", () => {
  const answer: AnswerOf["segmentation"] = {
    kind: "segmentation",
    intervals: ["2026-10-01"],
    series: [
      {
        label: "ü",
        overall: { values: [3], range: 3 },
        segments: [
          { by: ["IN", 7], values: [2], range: 2 },
          { by: [null, 8], values: [null], range: null },
          { by: [], other: true, values: [1], range: 1 },
        ],
      },
    ],
    meta,
  };
  const columns = ["scope Utf8", "by1 Utf8", "by2 Float64", "series Utf8"];
  expect(sentAndRead(answer)).toEqual({
    columns: [...columns, "interval Utf8", "value Float64"],
    rows: [
      ["overall", null, null, "ü", "2026-10-01", 3],
      ["overall", null, null, "ü", null, 3],
      ["segment", "IN", 7, "ü", "2026-10-01", 2],
      ["segment", "IN", 7, "ü", null, 2],
      ["segment", null, 8, "ü", "2026-10-01", null],
      ["segment", null, 8, "ü", null, null],
      ["other", null, null, "ü", "2026-10-01", 1],
      ["other", null, null, "ü", null, 1],
    ],
  });
});

test("values of several types in one breakdown are texts, and booleans stay booleans", () => {
  const segments = [
    { by: ["7", true], values: [], range: 1 },
    { by: [7, false], values: [], range: 2 },
  ];
  const overall = { values: [], range: 3 };
  const series = [{ label: "a", overall, segments }];
  const { columns, rows } = sentAndRead({ kind: "segmentation", intervals: [], series, meta });
  expect(columns.slice(1, 3)).toEqual(["by1 Utf8", "by2 Bool"]);
  expect(rows.map((row) => row.slice(1, 3))).toEqual([
    [null, null],
    ["7", true],
    ["7", false],
  ]);
});

test("a funnel has a row a step: of all, of each segment, of each interval of a trend", () => {
  const steps = [{ label: "a", ...step }, last];
  const { columns, rows } = sentAndRead({
    kind: "funnel",
    order: "ordered",
    steps,
    segments: [{ by: [true], steps }],
    trendMode: "perInterval",
    trend: [{ interval: "2026-10-01", steps: [last] }],
    meta,
  });
  expect(columns.slice(0, 8)).toEqual([
    ...["scope Utf8", "by1 Bool", "interval Utf8", "step Float64", "label Utf8"],
    ...["count Float64", "fromFirst Float64", "fromPrevious Float64"],
  ]);
  const nothing = [null, null, null];
  expect(rows).toEqual([
    ["overall", null, null, 1, "a", 4, 1, null, 0, ...nothing, ...nothing],
    ["overall", null, null, 2, "b", 4, 1, null, 0, 1.5, 1, null, 1.5, 1, null],
    ["segment", true, null, 1, "a", 4, 1, null, 0, ...nothing, ...nothing],
    ["segment", true, null, 2, "b", 4, 1, null, 0, 1.5, 1, null, 1.5, 1, null],
    ["overall", null, "2026-10-01", 1, "b", 4, 1, null, 0, 1.5, 1, null, 1.5, 1, null],
  ]);
});

test("retention has a row a cohort and bucket, and one for each average", () => {
  const cohorts = [{ interval: "2026-10-01", size: 4, buckets: [bucket] }];
  const average = [{ rate: 0.5 }];
  const { columns, rows } = sentAndRead({
    kind: "retention",
    mode: "on",
    clock: "rolling",
    brackets: [[0, 1]],
    cohorts,
    average,
    segments: [{ by: ["IN"], cohorts, average: [{ rate: null }] }],
    meta,
  });
  expect(columns.at(-1)).toBe("complete Bool");
  expect(rows).toEqual([
    ["overall", null, "2026-10-01", 4, 0, 0, 1, 2, 0.5, true],
    ["overall", null, null, null, 0, 0, 1, null, 0.5, null],
    ["segment", "IN", "2026-10-01", 4, 0, 0, 1, 2, 0.5, true],
    ["segment", "IN", null, null, 0, 0, 1, null, null, null],
  ]);
});

test("a graph of flows has a row a node and a row an edge", () => {
  const { rows } = sentAndRead({
    kind: "flow",
    mode: "graph",
    steps: [
      { offset: 0, nodes: [{ label: "A", count: 4, dropOff: 1, pending: 0 }] },
      {
        anchor: 1,
        offset: 1,
        nodes: [{ label: null, other: true, count: 3, dropOff: 0, pending: 2 }],
      },
    ],
    edges: [{ offset: 0, from: "A", to: null, count: 3 }],
    meta,
  });
  expect(rows).toEqual([
    ["node", 0, 0, "A", false, null, null, 4, 1, 0],
    ["node", 1, 1, null, true, null, null, 3, 0, 2],
    ["edge", 0, 0, "A", false, null, true, 3, null, null],
  ]);
});

test("paths of flows have a row each, and one for the rest", () => {
  const paths = [
    { labels: ["A", "B"], count: 3 },
    { labels: ["A"], count: 1 },
  ];
  expect(sentAndRead({ kind: "flow", mode: "paths", paths, other: 2, meta })).toEqual({
    columns: ["path Float64", "other Bool", "count Float64", "label1 Utf8", "label2 Utf8"],
    rows: [
      [1, false, 3, "A", "B"],
      [2, false, 1, "A", null],
      [null, true, 2, null, null],
    ],
  });
});

test("lifecycle, stickiness and users have a row an interval, a number of intervals, a user", () => {
  const states = { new: [1], returning: [2], resurrecting: [3], dormant: [4] };
  expect(sentAndRead({ kind: "lifecycle", intervals: ["2026-10-01"], ...states, meta })).toEqual({
    columns: ["interval Utf8", ...Object.keys(states).map((name) => `${name} Float64`)],
    rows: [["2026-10-01", 1, 2, 3, 4]],
  });
  const stickiness = sentAndRead({ kind: "stickiness", intervalCount: 2, users: [5, 2], meta });
  expect(stickiness).toEqual({
    columns: ["intervals Float64", "users Float64"],
    rows: [
      [1, 5],
      [2, 2],
    ],
  });
  const users = [{ user_id: "a" }, { user_id: "" }];
  expect(sentAndRead({ kind: "users", users, total: 9, cursor: "c", meta }).rows).toEqual([
    ["a"],
    [""],
  ]);
});

test("a timeline has typed columns of properties, whatever they are called", () => {
  const event = (properties: AnswerOf["timeline"]["events"][number]["properties"]) => ({
    ...{ event: "view", user_id: "😀", time: "2026-10-01T00:00:00.001Z", insert_id: "~1-1" },
    properties,
  });
  const odd: Record<string, number> = JSON.parse('{"__proto__":1,"7":2,"event":3}');
  const { columns, rows } = sentAndRead({
    kind: "timeline",
    events: [
      event({ price: 1.5, tags: ["a", null], on: false }),
      event({ price: "free", ...{} }),
      event(odd),
      event({ price: 2 }),
    ],
    cursor: null,
    meta,
  });
  expect(columns).toEqual([
    ...["event Utf8", "user_id Utf8", "time Timestamp<MILLISECOND, UTC>", "insert_id Utf8"],
    ...["7 Float64", "__proto__ Float64", "event:2 Float64", "on Bool", "price Float64"],
    ...["price:string Utf8", "tags Utf8"],
  ]);
  const own = ["view", "😀", Date.UTC(2026, 9, 1, 0, 0, 0, 1), "~1-1"];
  expect(rows).toEqual([
    [...own, null, null, null, false, 1.5, null, '["a",null]'],
    [...own, null, null, null, null, null, "free", null],
    [...own, 2, 1, 3, null, null, null, null],
    [...own, null, null, null, null, 2, null, null],
  ]);
});

test("an answer without anything is a table without rows that still has its columns", () => {
  const empty: { [K in QueryKind]: AnswerOf[K] } = {
    segmentation: { kind: "segmentation", intervals: [], series: [], meta },
    funnel: { kind: "funnel", order: "any", steps: [], meta },
    retention: {
      ...{ kind: "retention", mode: "on", clock: "rolling", meta },
      ...{ brackets: [], cohorts: [], average: [] },
    },
    flow: { kind: "flow", mode: "graph", steps: [], edges: [], meta },
    lifecycle: {
      ...{ kind: "lifecycle", intervals: [], meta },
      ...{ new: [], returning: [], resurrecting: [], dormant: [] },
    },
    stickiness: { kind: "stickiness", intervalCount: 0, users: [], meta },
    users: { kind: "users", users: [], total: 0, cursor: null, meta },
    timeline: { kind: "timeline", events: [], cursor: null, meta },
  };
  for (const answer of Object.values(empty)) {
    const { columns, rows } = sentAndRead(answer);
    expect(rows, answer.kind).toEqual([]);
    expect(columns.length, answer.kind).toBeGreaterThan(0);
  }
});
