import { stripVTControlCharacters } from "node:util";
import type { IngestReport, ProjectSchema, ProjectStatus } from "@shale/engine";
import type { AnswerMeta, SegmentationAnswer, StoredEvent, TimelineAnswer } from "@shale/model";
import { describe, expect, test } from "vitest";
import { answerText } from "./answers/answer.ts";
import { eventsText } from "./events.ts";
import { csvText, flatRowsOf, ndjsonText } from "./flat-rows.ts";
import { ingestReportText } from "./ingest-report.ts";
import { paletteOf } from "./palette.ts";
import { schemaText } from "./schema.ts";
import { statusText } from "./status.ts";
import type { Layout } from "./table.ts";
import { widthOf } from "./text.ts";

const meta: AnswerMeta = {
  asOf: "2026-11-15T12:00:00.000Z",
  spec: "A",
  snapshot: "s",
  timezone: "UTC",
  stats: {
    filesPlanned: 1,
    filesPruned: 0,
    filesFromFooter: 0,
    rowsScanned: 1,
    bytesRead: { memory: 0, disk: 0, store: 1 },
    shards: 8,
    retries: 0,
    skipped: 0,
    tieOverflow: 0,
    historyFrom: "2026-10-01",
    elapsedMs: 2,
  },
};

const days = Array.from({ length: 30 }, (_, day) => `2026-10-${String(day + 1).padStart(2, "0")}`);
const wave = days.map((_, day) => 3_000 + Math.round(2_000 * Math.sin(day / 3)));
const sum = (values: readonly number[]): number => values.reduce((total, one) => total + one, 0);
const part = (share: number): { values: number[]; range: number } => {
  const values = wave.slice(0, 3).map((value) => Math.round(value * share));
  return { values, range: sum(values) };
};

const daily: SegmentationAnswer = {
  kind: "segmentation",
  intervals: days,
  series: [{ label: "purchase", overall: { values: wave, range: sum(wave) } }],
  meta,
};
const broken: SegmentationAnswer = {
  kind: "segmentation",
  intervals: days.slice(0, 3),
  series: [
    {
      label: "purchase",
      overall: part(1),
      segments: [
        { by: ["IN", "10"], ...part(0.5) },
        { by: ["a country with quite a long name 日本", 10], ...part(0.2) },
        { by: [null, true], ...part(0.1) },
        { by: [], other: true, ...part(0.01) },
      ],
    },
    { label: "refund", overall: { values: [null, 1.23456789, 0], range: null }, segments: [] },
  ],
  meta,
};
const shares: SegmentationAnswer = {
  kind: "segmentation",
  intervals: ["2026-10-01"],
  series: [
    {
      label: "purchase",
      overall: { values: [400], range: 400 },
      segments: [
        { by: ["IN"], values: [301], range: 301 },
        { by: ["US"], values: [90], range: 90 },
        { by: [], other: true, values: [9], range: 9 },
      ],
    },
  ],
  meta,
};
const whole: SegmentationAnswer = {
  kind: "segmentation",
  intervals: ["2026-10-01"],
  series: [
    { label: "view", overall: { values: [1_234_567], range: 1_234_567 } },
    { label: "purchase", overall: { values: [0.5], range: 0.5 } },
  ],
  meta,
};
const events: StoredEvent[] = [
  {
    event: "page_view",
    user_id: "user-17",
    time: "2026-10-01T09:00:00.000Z",
    insert_id: "~1-1",
    properties: {
      page: "/shoes",
      country: "IN",
      price: 12.5,
      tags: ["a", "b c"],
      note: "two words",
    },
  },
  {
    event: "日本語のイベント",
    user_id: "ユーザー",
    time: "2026-10-01T23:59:59.999Z",
    insert_id: 'x,"y"',
    properties: {},
  },
  {
    event: "evil\u001b[2Jname\nsecond line",
    user_id: "",
    time: "2026-10-02T00:00:00.000Z",
    insert_id: "3",
    properties: { ok: true },
  },
];
const timeline: TimelineAnswer = { kind: "timeline", events, cursor: "abc", meta };
const schema: ProjectSchema = {
  eventCount: 1_234_570,
  firstDay: "2026-10-01",
  lastDay: "2026-10-30",
  events: [
    { event: "page_view", count: 1_234_567, firstDay: "2026-10-01", lastDay: "2026-10-30" },
    { event: "日本語のイベント", count: 3, firstDay: "2026-10-02", lastDay: "2026-10-02" },
  ],
  properties: [
    {
      property: "page",
      count: 1_234_000,
      types: [{ type: "string", count: 1_234_000, examples: ["/shoes", '/a "b"', "/c"] }],
    },
    {
      property: "a property with a long name",
      count: 12,
      types: [
        { type: "number", count: 10, examples: [1, 2.5] },
        { type: "list", count: 2, examples: [] },
      ],
    },
  ],
};
const status: ProjectStatus = {
  project: "default",
  live: "A",
  generation: 0,
  specs: [
    {
      spec: "A",
      shards: 8,
      events: 1_000_000,
      bytes: 34_567_890,
      dayFiles: 0,
      tailEvents: 1_000_000,
      skew: { max: 130_001, mean: 125_000 },
    },
  ],
  writers: [
    {
      writer: 1,
      state: "sealed",
      host: "a-host-with-a-long-name.example.org",
      pid: 4_242,
      lastSeq: 9,
      tailObjects: 12,
      heartbeatAgeMs: 90_061_000,
    },
  ],
  unreadableLogs: [],
  files: [
    {
      key: "default/spec=A/shard=3/day=2026-10-01/00112233445566778899aabbccddeeff-0.parquet",
      bytes: 34_000_000,
      kind: "day",
      rows: 999_900,
      shard: 3,
      day: "2026-10-01",
    },
    {
      key: "default/tail/0000000000000001/0000000000000001",
      bytes: 1_024,
      kind: "tail",
      rows: 100,
    },
  ],
};
const report: IngestReport = {
  accepted: 69_659,
  duplicates: 3,
  rejectedCount: 1_200,
  rejected: Array.from({ length: 1_000 }, (_, line) => ({
    file: "logs/2026-10-01/web.ndjson.gz",
    line: line + 1,
    code: line % 3 === 0 ? "TIME_INVALID" : "EVENT_JSON",
    message: `the line is not JSON: unexpected end of input at column ${line}`,
  })),
  eventsPerSecond: 58_049.4,
};

const heading =
  "purchase: events per day by country, plan from 2026-10-01 to before 2026-10-31 UTC";
const pages: Record<string, (layout: Layout) => string> = {
  "a series over 30 days": (layout) => answerText(daily, heading, layout),
  "series with a breakdown": (layout) => answerText(broken, heading, layout),
  "a breakdown of the whole": (layout) => answerText(shares, undefined, layout),
  "one number a series": (layout) => answerText(whole, undefined, layout),
  "a timeline": (layout) => answerText(timeline, undefined, layout),
  "first events": (layout) => eventsText(events, { users: "shown" }, layout),
  "a schema": (layout) => schemaText(schema, layout),
  "a status": (layout) => statusText(status, layout),
  "an ingest report": (layout) => ingestReportText(report, layout),
};

describe.each(Object.entries(pages))("%s", (_name, page) => {
  test.each([40, 60, 80, 120])("at %i columns", (width) => {
    const plain = page({ width, palette: paletteOf({ colour: false }) });
    const coloured = page({ width, palette: paletteOf({ colour: true }) });
    expect(plain).toMatchSnapshot();
    expect(plain).not.toContain("\u001b");
    expect(stripVTControlCharacters(coloured)).toBe(plain);
    if (width === 80) expect(coloured).toMatchSnapshot();
    for (const line of plain.split("\n")) {
      expect(widthOf(line), line).toBeLessThanOrEqual(width);
    }
  });
});

test("flat rows are the same records in CSV and NDJSON", () => {
  expect(csvText(flatRowsOf(broken))).toMatchSnapshot();
  expect(ndjsonText(flatRowsOf(broken)).split("\n")).toHaveLength(
    csvText(flatRowsOf(broken)).split("\n").length - 1,
  );
  expect(csvText(flatRowsOf(timeline))).toBe(
    [
      "time,user_id,event,insert_id,properties",
      '2026-10-01T09:00:00.000Z,user-17,page_view,~1-1,"{""page"":""/shoes"",""country"":""IN"",""price"":12.5,""tags"":[""a"",""b c""],""note"":""two words""}"',
      '2026-10-01T23:59:59.999Z,ユーザー,日本語のイベント,"x,""y""",{}',
      '2026-10-02T00:00:00.000Z,,"evil\u001b[2Jname\nsecond line",3,"{""ok"":true}"',
      "",
    ].join("\n"),
  );
});
