import type { CatalogOperation, CatalogTombstone } from "@shale/format";
import { type Day, type ShardId, type SpecName, specNameOf } from "@shale/model";
import { describe, expect, test } from "vitest";
import type { ProjectStatus, WriterStatus } from "../store.ts";
import type { DoctorFacts, StandingClaim } from "./doctor-facts.ts";
import { planDiagnosis } from "./plan-diagnosis.ts";

const A: SpecName = specNameOf(0);
const DAY_MS = 86_400_000;
const NOW_MS = 20_000 * DAY_MS;
const owner = { host: "far", pid: 7, started: "" };

const status: ProjectStatus = {
  project: "shop",
  live: "A",
  generation: 0,
  specs: [],
  writers: [],
  unreadableLogs: [],
  files: [],
};
const sound: DoctorFacts = {
  nowMs: NOW_MS,
  status,
  damage: [],
  heartbeats: [],
  claims: [],
  entries: [],
  unlisted: { objects: 0, bytes: 0 },
  closed: { objects: 0, bytes: 0 },
  unlistedCondemned: 0,
  reshard: { operation: null, cutPending: null, behind: [], live: A },
  condemned: { objects: 0, bytes: 0 },
  tombstones: [],
  retention: { keepMs: null, firstDay: null },
};

function writerOf(state: WriterStatus["state"]): WriterStatus {
  return {
    writer: 3,
    state,
    host: "far",
    pid: 7,
    lastSeq: 9,
    tailObjects: 1,
    heartbeatAgeMs: 3_700_000,
  };
}
function entriesOf(count: number, day = 19_999, tombstone = 0): DoctorFacts["entries"] {
  return Array.from({ length: count }, () => ({
    day: day as Day,
    shard: 0 as ShardId,
    tombstone,
    bytes: 10,
  }));
}
function claimOf(standing: StandingClaim["owner"], startedMs: number): StandingClaim {
  const claim = { id: "ab".repeat(16), kind: "merge", owner, startedMs, inputs: [] } as const;
  return { spec: A, group: 0, claim, owner: standing };
}
const tombstone: CatalogTombstone = {
  number: 4,
  userHash: "00".repeat(16),
  seq: 100,
  atMs: NOW_MS,
};

/** Codes and next commands of the findings, and whether all is well. */
function planned(facts: Partial<DoctorFacts>): readonly (readonly [string, string, boolean])[] {
  const { findings, ok } = planDiagnosis({ ...sound, ...facts });
  expect(ok).toBe(findings.every(({ needsPerson }) => !needsPerson));
  return findings.map(({ code, next, needsPerson }) => [code, next, needsPerson] as const);
}

describe("planDiagnosis()", () => {
  test("finds nothing where nothing is stuck", () => {
    expect(planned({})).toEqual([]);
    expect(planned({ status: { ...status, writers: [writerOf("live")] } })).toEqual([]);
    expect(planned({ claims: [claimOf("alive", 0), claimOf("unknown", NOW_MS - 1)] })).toEqual([]);
    expect(planned({ entries: [...entriesOf(3), ...entriesOf(3, 19_998)] })).toEqual([]);
  });

  test("sends damage and logs that cannot be read to a person, before everything else", () => {
    const log = { writer: 2, folder: "shop/wal/2", reason: "a torn record" };
    const found = planned({
      damage: [{ object: "shop/catalog/1", message: "its checksum is wrong" }],
      status: {
        ...status,
        unreadableLogs: [log],
        writers: [{ ...writerOf("unreachable"), writer: 2 }],
      },
      entries: entriesOf(9),
    });
    expect(found.map(([code]) => code)).toEqual(["DAMAGE", "LOG_UNREADABLE", "FILES_MANY"]);
    expect(found[1]?.[1]).toContain("shale writer forget 2");
  });

  test("names the host of a silent writer", () => {
    const found = planned({ status: { ...status, writers: [writerOf("unreachable")] } });
    expect(found).toEqual([["WRITER_SILENT", expect.stringContaining("on far"), true]]);
  });

  test("collects the claims of dead processes, and old ones of unknown processes", () => {
    const claims = [claimOf("dead", NOW_MS), claimOf("unknown", NOW_MS - 3_600_000)];
    expect(planned({ claims })).toEqual([
      ["CLAIM_ABANDONED", "shale collect", false],
      ["CLAIM_ABANDONED", "shale collect", false],
    ]);
  });

  test("compacts a long tail and many files", () => {
    const file = { key: "k", bytes: 200_000, kind: "tail", rows: 1 } as const;
    const files = Array.from({ length: 600 }, () => file);
    expect(planned({ status: { ...status, files } })).toEqual([
      ["TAIL_LONG", "shale compact", false],
    ]);
    expect(planned({ entries: entriesOf(4) })).toEqual([["FILES_MANY", "shale compact", false]]);
  });

  test("says what a delete waits for: a writer, a flush, day files, or collections", () => {
    const tombstones = [tombstone];
    const heartbeat = (oldestUnflushedSeq: number | null) => ({
      ...{ ordinal: 3 as never, catalogVersion: 9 as never, lastSeq: 200, process: owner },
      ...{ oldestUnflushedSeq, atMs: 0 },
    });
    const next = (facts: Partial<DoctorFacts>) =>
      planned({ tombstones, ...facts }).find(([code]) => code === "DELETE_WAITS");
    const silent = next({ status: { ...status, writers: [writerOf("unreachable")] } });
    expect(silent).toEqual(["DELETE_WAITS", expect.stringContaining("forget 3"), true]);
    expect(next({ heartbeats: [heartbeat(100)] })?.[1]).toContain("next flush");
    expect(next({ heartbeats: [heartbeat(101)], entries: entriesOf(1) })?.[1]).toBe(
      "shale compact",
    );
    expect(
      next({ heartbeats: [heartbeat(null)], entries: entriesOf(1, 19_999, 4) })?.[1],
    ).toContain("collect");
  });

  test("collects days that are no longer kept, and compacts those that are hidden", () => {
    const keepMs = 10 * DAY_MS;
    const entries = [...entriesOf(1, 19_989), ...entriesOf(1, 19_990)];
    expect(planned({ entries, retention: { keepMs, firstDay: null } })).toEqual([
      ["RETENTION_DUE", "shale collect", false],
    ]);
    expect(planned({ entries, retention: { keepMs, firstDay: 19_990 as Day } })).toEqual([
      ["RETENTION_DUE", "shale compact", false],
    ]);
    const kept = { keepMs, firstDay: 19_990 as Day };
    expect(planned({ entries: entriesOf(1, 19_990), retention: kept })).toEqual([]);
  });

  test("tells garbage from what is condemned and waits", () => {
    const found = planned({
      unlisted: { objects: 5, bytes: 50 },
      condemned: { objects: 3, bytes: 30 },
      unlistedCondemned: 3,
    });
    expect(found.map(([code]) => code)).toEqual(["GARBAGE", "CONDEMNED_WAITS"]);
    const condemned = { objects: 5, bytes: 50 };
    expect(
      planned({ unlisted: condemned, condemned, unlistedCondemned: 5 }).map(([code]) => code),
    ).toEqual(["CONDEMNED_WAITS"]);
  });

  test("names the command that gets a reshard on", () => {
    const B = specNameOf(1);
    const operation: CatalogOperation = {
      ...{ id: "grow", source: A, spec: B, strategy: "tee", state: "backfilling", paused: false },
      ...{ startedMs: 0, horizonDay: null, rollbackMs: DAY_MS, finalizedMs: null, token: null },
      ...{ sourceMissed: false, lastError: null },
      throttle: { bytesPerSecond: null, concurrency: 2, window: null },
    };
    const quiet = { operation, cutPending: null, behind: [], live: A };
    const changed = (change: Partial<CatalogOperation>, rest: Partial<typeof quiet> = {}) =>
      planned({ reshard: { ...quiet, ...rest, operation: { ...operation, ...change } } });
    const copy = {
      ...claimOf("alive", NOW_MS),
      claim: { ...claimOf("alive", 0).claim, kind: "copy" },
    };
    expect(planned({ reshard: quiet, claims: [copy as StandingClaim] })).toEqual([]);
    expect(changed({})).toEqual([
      ["RESHARD_WAITS", "shale reshard backfill, then: shale reshard validate", false],
    ]);
    expect(changed({ state: "validating" })).toEqual([
      ["RESHARD_WAITS", "shale reshard validate", false],
    ]);
    expect(changed({ state: "validating", token: "t" })).toEqual([
      ["RESHARD_WAITS", "shale reshard finalize", false],
    ]);
    expect(changed({ paused: true })).toEqual([
      ["RESHARD_PAUSED", "shale reshard backfill --resume", false],
    ]);
    const lastError = { atMs: 0, code: "DISK_FULL", message: "no room" };
    expect(changed({ lastError })).toEqual([
      ["RESHARD_FAILED", "put that right, then: shale reshard backfill", true],
    ]);
    expect(changed({ state: "aborting" })).toEqual([
      ["RESHARD_ABORTING", "shale reshard abort", false],
    ]);
    const finalized = { state: "finalized", finalizedMs: NOW_MS - DAY_MS + 1 } as const;
    expect(changed(finalized)).toEqual([]);
    expect(changed({ ...finalized, finalizedMs: NOW_MS - DAY_MS })).toEqual([
      ["RESHARD_WINDOW", "shale reshard collect", false],
    ]);
    const late = ["RESHARD_BEHIND", "shale reshard collect, once its time is over", true];
    expect(changed({ ...finalized, sourceMissed: true })).toEqual([late]);
    const behind = [{ spec: A, sinceMs: 0, catchUp: null }];
    const reshard = { ...quiet, operation: { ...operation, ...finalized }, behind, live: B };
    expect(planned({ reshard })).toEqual([late]);
    expect(
      planned({ reshard: { ...quiet, operation: null, cutPending: { operation: "grow" } } }),
    ).toEqual([["RESHARD_CUT", "shale reshard backfill", false]]);
    const closed = { objects: 2, bytes: 9 };
    expect(planned({ closed })).toEqual([["SPEC_CLOSED", "shale reshard collect", false]]);
    expect(
      planned({ closed, reshard: { ...quiet, operation: { ...operation, ...finalized } } }),
    ).toEqual([["SPEC_CLOSED", "shale collect", false]]);
  });
});
