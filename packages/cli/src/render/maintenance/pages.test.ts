import { stripVTControlCharacters } from "node:util";
import type {
  CollectionReport,
  CompactionReport,
  DeletionReceipt,
  Diagnosis,
  VerificationReport,
} from "@shale/engine";
import { type Day, specNameOf, type WriterOrdinal } from "@shale/model";
import { describe, expect, test } from "vitest";
import { paletteOf } from "../palette.ts";
import type { Layout } from "../table.ts";
import { widthOf } from "../text.ts";
import { collectionDocumentOf, collectionText } from "./collection.ts";
import { compactionText, plannedText } from "./compaction.ts";
import { diagnosisText } from "./diagnosis.ts";
import { receiptText } from "./receipt.ts";
import { retentionDocumentOf, retentionText } from "./retention.ts";
import { verificationText } from "./verification.ts";

const A = specNameOf(0);
const file = "default/spec=A/shard=3/day=2026-10-01/00112233445566778899aabbccddeeff-0.parquet";

const nothing = {
  jobs: 0,
  inputs: 0,
  inputBytes: 0,
  files: 0,
  rows: 0,
  bytes: 0,
  duplicates: 0,
  deleted: 0,
  expired: 0,
};
const idle: CompactionReport = {
  counts: {
    drain: nothing,
    merge: nothing,
    purge: nothing,
    expire: nothing,
    copy: nothing,
    fold: nothing,
  },
  takenOver: 0,
  lost: 0,
  stopped: 0,
  written: { drainedRows: 0, rewrittenRows: 0 },
  planned: [],
};
const compaction: CompactionReport = {
  ...idle,
  counts: {
    ...idle.counts,
    drain: {
      ...nothing,
      jobs: 3,
      inputs: 1_812,
      inputBytes: 67_108_864,
      files: 240,
      rows: 1_000_000,
      bytes: 34_567_890,
    },
    merge: {
      ...nothing,
      jobs: 2,
      inputs: 480,
      inputBytes: 69_000_000,
      files: 240,
      rows: 1_999_000,
      bytes: 68_000_000,
      duplicates: 1_000,
      deleted: 1,
    },
  },
  takenOver: 1,
  lost: 2,
  written: { drainedRows: 2_000_000, rewrittenRows: 1_600_000 },
};
const planned: CompactionReport = {
  ...idle,
  planned: [
    { kind: "takeOver", spec: A, group: 0, inputs: 1, inputBytes: 0 },
    { kind: "drain", spec: A, group: 12, inputs: 1_812, inputBytes: 67_108_864 },
  ],
};

const object = { key: file, token: "t", bytes: 1_024 };
const collection: CollectionReport = {
  deletedObjects: 1_234,
  deletedBytes: 567_890_123,
  kept: [
    { why: "grace", objects: 240 },
    { why: "work-pin", objects: 3 },
  ],
  condemned: 240,
  graceMs: 3_600_000,
  firstDay: 20_362 as Day,
  droppedClaims: 1,
  retiredWriters: [1 as WriterOrdinal],
  retiredTombstones: [4],
};
const dryRun: CollectionReport = {
  ...collection,
  deletedObjects: 0,
  actions: [
    { kind: "raise-first-day", day: 20_362 as Day },
    {
      kind: "drop-claim",
      spec: A,
      group: 0,
      claim: "00112233445566778899aabbccddeeff",
      owner: { host: "a-host.example.org", pid: 4_242, started: "" },
    },
    { kind: "retire-writers", writers: [1 as WriterOrdinal, 2 as WriterOrdinal] },
    { kind: "condemn", object, why: "unlisted" },
    { kind: "condemn", object, why: "unlisted" },
    { kind: "delete", object, why: "drained" },
    { kind: "retire-tombstones", numbers: [4] },
  ],
};

const receipt: DeletionReceipt = {
  tombstones: [
    { userHash: "00112233445566778899aabbccddeeff", number: 4, seq: 890_112_345_678_901 },
    { userHash: "ffeeddccbbaa99887766554433221100", number: 5, seq: 890_112_345_678_901 },
  ],
  atMs: Date.UTC(2026, 9, 5, 12),
  unanswered: [],
  specs: [A],
};

const clean: VerificationReport = {
  ok: true,
  objects: 1_234,
  events: 5_678_901,
  findings: [],
  notes: [],
};
const damaged: VerificationReport = {
  ok: false,
  objects: 1_234,
  events: 5_678_901,
  findings: [
    {
      code: "ENTRY_DIFFERS",
      object: file,
      message: `Its crc is 00000000, its manifest says ffffffff`,
    },
    ...Array.from({ length: 13 }, (_, n) => ({
      code: "OBJECT_MISSING" as const,
      object: `default/tail/0000000000000001/${String(n + 1).padStart(16, "0")}`,
      message: "it is above the lowest watermark\u001b[2J",
    })),
  ],
  notes: [
    {
      code: "UNLISTED",
      object: file,
      message: "3 objects (12,345 bytes) that no manifest lists; shale collect removes them",
    },
  ],
};

const diagnosis: Diagnosis = {
  ok: false,
  findings: [
    {
      code: "WRITER_SILENT",
      what: "Writer 3 (process 4242 on a-host.example.org) is silent for 1 h 3 min; its tail is not sealed",
      next: "run shale status on a-host.example.org, which takes its log over; if that disk is lost: shale writer forget 3",
      needsPerson: true,
    },
    {
      code: "TAIL_LONG",
      what: "1812 tail objects (67108864 bytes) are in no day file: queries read them all",
      next: "shale compact",
      needsPerson: false,
    },
  ],
};

const pages: Record<string, (layout: Layout) => string> = {
  "a compaction": (layout) => compactionText(compaction, layout),
  "a compaction with nothing to do": (layout) => compactionText(idle, layout),
  "a planned compaction": (layout) => plannedText(planned, layout),
  "a collection": (layout) => collectionText(collection, layout),
  "a planned collection": (layout) => collectionText(dryRun, layout),
  "a receipt": (layout) => receiptText(receipt, layout),
  "a clean verification": (layout) => verificationText(clean, layout),
  "a verification with findings": (layout) => verificationText(damaged, layout),
  "a diagnosis": (layout) => diagnosisText(diagnosis, layout),
  "a diagnosis of nothing": (layout) => diagnosisText({ ok: true, findings: [] }, layout),
};

describe.each(Object.entries(pages))("%s", (_name, page) => {
  test.each([40, 60, 100])("at %i columns", (width) => {
    const plain = page({ width, palette: paletteOf({ colour: false }) });
    const coloured = page({ width, palette: paletteOf({ colour: true }) });
    if (width > 40) expect(plain).toMatchSnapshot();
    expect(plain).not.toContain("\u001b");
    expect(stripVTControlCharacters(coloured)).toBe(plain);
    for (const line of plain.split("\n")) {
      expect(widthOf(line), line).toBeLessThanOrEqual(width);
    }
  });
});

test("days are text in documents", () => {
  expect(collectionDocumentOf(dryRun)).toMatchObject({
    firstDay: "2025-10-01",
    actions: [
      { action: "raise-first-day", object: null },
      { action: "drop-claim", object: "00112233445566778899aabbccddeeff" },
      { action: "retire-writers", object: "1, 2" },
      { action: "condemn", object: file, why: "no manifest lists it" },
      { action: "condemn", object: file, why: "no manifest lists it" },
      { action: "delete", object: file, why: "its rows are in day files" },
      { action: "retire-tombstones", object: "4" },
    ],
  });
  expect(collectionDocumentOf({ ...collection, firstDay: null })).not.toHaveProperty("actions");
  expect(retentionDocumentOf({ keepMs: 86_400_000, firstDay: 20_362 })).toEqual({
    keepMs: 86_400_000,
    firstDay: "2025-10-01",
  });
});

test("a retention says how long and from which day on", () => {
  expect(retentionText({ keepMs: null, firstDay: null })).toBe("events are kept for ever");
  expect(retentionText({ keepMs: 400 * 86_400_000, firstDay: 20_362 })).toBe(
    "events are kept for 400 d\ndays before 2025-10-01 are hidden",
  );
  expect(retentionText({ keepMs: 90_000, firstDay: null })).toBe("events are kept for 1 min 30 s");
});

test("fifty findings are shown, and the rest is counted", () => {
  const findings = Array.from({ length: 52 }, (_, n) => ({
    code: "OBJECT_MISSING" as const,
    object: `key-${n}`,
    message: "it is not there",
  }));
  const text = verificationText(
    { ...damaged, findings, notes: [] },
    { width: 80, palette: paletteOf({ colour: false }) },
  );
  expect(text).toContain("key-49");
  expect(text).not.toContain("key-50");
  expect(text).toContain("… and 2 more; --json lists all");
  expect(text).toContain("52 findings");
});
