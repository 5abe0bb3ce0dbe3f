import { simulatedEnv } from "@shale/testing";
import { describe, expect, test } from "vitest";
import { compact } from "../test/compact.ts";
import { checkAnswers, readStored, visibleOf } from "../test/read-rows.ts";
import type { Row } from "../test/world.ts";
import { createWorld, DAY, deleteUser, expireBefore, flush, rowAt } from "../test/world.ts";
import { writeAmplificationOf } from "./compaction-report.ts";
import { isSettled, runsOf } from "./plan/file-runs.ts";

function rowsFrom(start: number, count: number, shape: Partial<Row> = {}): readonly Row[] {
  return Array.from({ length: count }, (_, i) => rowAt(start + i, shape));
}

describe("compactProject()", () => {
  test("in full drains the whole tail and settles every shard-day, changing no answer", async () => {
    const env = simulatedEnv({ seed: 1 });
    const world = await createWorld(env, { shards: 3, writers: 2 });
    for (let i = 0; i < 8; i++) {
      await flush(env, world, rowsFrom(i * 20, 20), { writer: 1 + (i % 2) });
    }
    await flush(env, world, [], { writer: 2, sealed: true });
    const report = await compact(env);
    const { entries, tailObjects, rows } = await checkAnswers(env, world);
    expect(tailObjects).toBe(0);
    const shardDays = new Set(entries.map(({ shard, day }) => `${shard}/${day}`));
    expect(shardDays.size).toBeGreaterThanOrEqual(6);
    for (const shardDay of shardDays) {
      const files = entries.filter(({ shard, day }) => `${shard}/${day}` === shardDay);
      expect(isSettled(runsOf(files))).toBe(true);
    }
    expect(report.counts.drain).toMatchObject({ inputs: 9, rows: 160, duplicates: 0 });
    expect(report.counts.merge.duplicates).toBe(160 - rows.length);
    expect(report.counts.merge.duplicates).toBeGreaterThan(0);
    expect(report).toMatchObject({ lost: 0, stopped: 0, takenOver: 0 });
    expect(writeAmplificationOf(report)).toBeLessThan(2.1);
    const again = await compact(env);
    expect(Object.values(again.counts).every(({ jobs }) => jobs === 0)).toBe(true);
  });

  test("when due leaves a short tail alone, and merges few files only once they are many", async () => {
    const env = simulatedEnv({ seed: 2 });
    const world = await createWorld(env, { shards: 1 });
    const today = { timeMs: env.clock.nowMs() };
    await flush(env, world, rowsFrom(0, 2, today));
    expect((await compact(env, { mode: "due" })).counts.drain.jobs).toBe(0);
    for (let i = 0; i < 8; i++) {
      await flush(env, world, rowsFrom(10 * i, 10, today));
      await compact(env, { mode: "due" });
    }
    const { entries } = await checkAnswers(env, world);
    expect(entries.length).toBeGreaterThan(0);
    expect(entries.length).toBeLessThan(4);
  });

  test("writes a shard-day that is too large for the memory as files of disjoint users", async () => {
    const env = simulatedEnv({ seed: 3 });
    const world = await createWorld(env, { shards: 1 });
    for (let i = 0; i < 4; i++) {
      const rows = Array.from({ length: 50 }, (_, k) => rowAt(k, { user: `u${i * 7 + k}` }));
      await flush(env, world, rows);
    }
    await compact(env, { memoryBytesMax: 24_000 });
    const { entries } = await checkAnswers(env, world);
    for (const day of [DAY, DAY + 1, DAY + 2]) {
      const files = entries.filter((entry) => entry.day === day);
      expect(files.length).toBeGreaterThan(1);
      expect(isSettled(runsOf(files))).toBe(true);
    }
    expect((await compact(env, { memoryBytesMax: 24_000 })).counts.merge.jobs).toBe(0);
  });

  test("drops the rows of deleted users from files, and no other", async () => {
    const env = simulatedEnv({ seed: 4 });
    const world = await createWorld(env);
    await flush(env, world, rowsFrom(0, 40));
    await compact(env);
    await deleteUser(env, "user-3", world.nextSeq - 1);
    await flush(env, world, rowsFrom(40, 20));
    const due = await compact(env, { mode: "due" });
    expect(due.counts.purge.deleted).toBeGreaterThan(0);
    const report = await compact(env);
    const { rows, entries, catalog } = await checkAnswers(env, world);
    expect(rows.some(({ user, seq }) => user === "user-3" && seq <= 40)).toBe(false);
    expect(rows.some(({ user, seq }) => user === "user-3" && seq > 40)).toBe(true);
    expect(entries.every(({ tombstone }) => tombstone === 1)).toBe(true);
    expect(visibleOf(rows, catalog).length).toBe(rows.length);
    expect(report.counts.purge.deleted + report.counts.merge.deleted).toBe(0);
    // What holds no row of a deleted user is marked, not written again.
    await deleteUser(env, "nobody", world.nextSeq);
    const marking = await compact(env);
    expect(marking.counts.purge).toMatchObject({ files: 0, rows: 0 });
    const marked = await checkAnswers(env, world);
    expect(marked.entries.map(({ id }) => id)).toEqual(entries.map(({ id }) => id));
    expect(marked.entries.every(({ tombstone }) => tombstone === 2)).toBe(true);
  });

  test("looks for a deleted user once, and lets files without it lie", async () => {
    const env = simulatedEnv({ seed: 5 });
    const world = await createWorld(env);
    await flush(env, world, rowsFrom(0, 40));
    await compact(env);
    await deleteUser(env, "nobody", world.nextSeq);
    const before = (await readStored(env)).entries;
    expect((await compact(env, { mode: "due" })).counts.purge.jobs).toBe(0);
    expect((await readStored(env)).entries).toEqual(before);
  });

  test("a drained file without a hidden row needs no purge", async () => {
    const env = simulatedEnv({ seed: 6 });
    const world = await createWorld(env);
    await deleteUser(env, "user-3", 10);
    await flush(env, world, rowsFrom(0, 40, { timeMs: DAY * 86_400_000, insertId: undefined }));
    const { counts } = await compact(env, { mode: "due", policy: dueAtOnce() });
    expect(counts.drain).toMatchObject({ jobs: 1, files: 2, rows: 40 });
    expect(counts.purge).toMatchObject({ jobs: 1, inputs: 1, files: 1, deleted: 1 });
    const { entries } = await checkAnswers(env, world);
    expect(entries.map(({ tombstone }) => tombstone)).toEqual([1, 1]);
  });

  test("expires files of days before the first kept one, and drains none of their rows", async () => {
    const env = simulatedEnv({ seed: 7 });
    const world = await createWorld(env);
    await flush(env, world, rowsFrom(0, 30));
    await compact(env);
    await expireBefore(env, DAY + 1);
    await flush(env, world, rowsFrom(30, 30));
    const report = await compact(env);
    const { entries, rows } = await checkAnswers(env, world);
    expect(entries.every(({ day }) => day > DAY)).toBe(true);
    expect(report.counts.expire.expired).toBeGreaterThan(0);
    expect(report.counts.drain.expired).toBe(10);
    expect(rows.length).toBeGreaterThan(0);
  });

  test("a dry run changes nothing and says what would come first", async () => {
    const env = simulatedEnv({ seed: 8 });
    const world = await createWorld(env);
    await flush(env, world, rowsFrom(0, 30));
    const writes = () => env.faults.begun.filter(({ what }) => what === "put").length;
    const before = writes();
    const report = await compact(env, { dryRun: true });
    expect(writes()).toBe(before);
    expect(report.planned.map(({ kind, inputs }) => ({ kind, inputs }))).toEqual([
      { kind: "drain", inputs: 1 },
    ]);
  });
});

function dueAtOnce() {
  const limits = { bytesMin: 1, objectCountMin: 1, bytesMax: 1_000_000, objectCountMax: 100 };
  return {
    drain: limits,
    merge: { fanIn: 99, settleShare: 99 },
    mergeJobs: { bytesMax: 1, inputCountMax: 1 },
  };
}
