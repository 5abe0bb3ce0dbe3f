import type { CatalogDocument, DayFileEntry, ManifestDocument } from "@shale/format";
import type { Day, ShardId, WriterOrdinal } from "@shale/model";
import { chainVersion, projectId, specNameOf } from "@shale/model";
import { describe, expect, test } from "vitest";
import type { GroupView } from "../group-view.ts";
import { entryFindingsOf } from "./check-entries.ts";

const spec = specNameOf(0);
const writer = 1 as WriterOrdinal;
const DAY_MS = 86_400_000;
const catalog = {
  project: projectId("shop"),
  cuts: [],
  nextOrdinal: 2,
  nextTombstone: 3,
} as unknown as CatalogDocument;

const entry: DayFileEntry = {
  id: `${"ab".repeat(16)}-0`,
  shard: 65 as ShardId,
  day: 20_000 as Day,
  ...{ bytes: 100, crc: "00000000", token: "t", footerBytes: 50, footerCrc: "00000000" },
  ...{ rows: 4, clientRows: 1, users: 2, distinct: true, tombstone: 2 },
  minTimeMs: 20_000 * DAY_MS,
  maxTimeMs: 20_001 * DAY_MS - 1,
  ...{ firstPlace: "0".repeat(16), lastPlace: "f".repeat(16) },
  generations: [{ generation: 0, rows: 4, digest: "0".repeat(32) }],
  seqs: [{ writer, min: 10, max: 20 }],
};

function viewOf(
  entries: readonly DayFileEntry[],
  manifest: Partial<ManifestDocument> = {},
): GroupView {
  const watermarks = { positions: { "1": { n: 3, lastSeq: 20 } }, infinite: [] };
  const whole = { version: chainVersion(7), group: 1, claims: [], watermarks, ...manifest };
  return { spec, shards: 100, group: 1, entries, isWhole: true, manifest: whole as never };
}
const codesOf = (view: GroupView, seen = catalog) =>
  entryFindingsOf(view, seen).map(({ code }) => code);

describe("entryFindingsOf()", () => {
  test("finds nothing in an entry that is right, or without a manifest", () => {
    expect(codesOf(viewOf([entry]))).toEqual([]);
    expect(codesOf({ ...viewOf([]), manifest: undefined })).toEqual([]);
  });

  test.each<[string, Partial<DayFileEntry>]>([
    ["a shard of another group", { shard: 64 as ShardId, day: 20_001 as Day }],
    ["a shard that is none", { shard: 100 as ShardId }],
    ["a time of another day", { maxTimeMs: 20_001 * DAY_MS }],
    ["times that are reversed", { minTimeMs: 20_000 * DAY_MS + 2, maxTimeMs: 20_000 * DAY_MS }],
    ["more users than rows", { users: 5 }],
    ["places that are reversed", { firstPlace: "f".repeat(16), lastPlace: "0".repeat(16) }],
    ["generations of other rows", { rows: 5 }],
    ["a generation that has not begun", { generations: [{ generation: 1, rows: 4, digest: "" }] }],
    ["a tombstone that is none yet", { tombstone: 3 }],
  ])("finds %s", (_name, change) => {
    expect(codesOf(viewOf([{ ...entry, ...change }]))).toEqual(["ENTRY_WRONG"]);
  });

  test("finds a file that is listed twice", () => {
    expect(codesOf(viewOf([entry, entry]))).toEqual(["ENTRY_WRONG"]);
  });

  test("finds rows above the watermark, unless their writer is retired", () => {
    const above = { ...entry, seqs: [{ writer, min: 10, max: 21 }] };
    expect(codesOf(viewOf([above]))).toEqual(["WATERMARK_WRONG"]);
    const watermarks = { positions: {}, infinite: [{ from: writer, to: writer }] };
    expect(codesOf(viewOf([above], { watermarks }))).toEqual([]);
    // A group that says nothing of a writer stands at its spec's cut, or at nothing.
    expect(codesOf(viewOf([above], { watermarks: { positions: {}, infinite: [] } }))).toEqual([
      "WATERMARK_WRONG",
    ]);
  });

  test("finds a writer that was never registered", () => {
    expect(codesOf(viewOf([entry]), { ...catalog, nextOrdinal: 1 })).toEqual(["ENTRY_WRONG"]);
  });

  test("finds a claim whose input is no longer listed", () => {
    const owner = { host: "h", pid: 1, started: "" };
    const claim = { id: "cd".repeat(16), kind: "merge", owner, startedMs: 0 } as const;
    const claims = [{ ...claim, inputs: [entry.id] }];
    expect(codesOf(viewOf([entry], { claims }))).toEqual([]);
    expect(codesOf(viewOf([], { claims }))).toEqual(["RULE_BROKEN"]);
  });
});
