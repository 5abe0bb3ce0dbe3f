import type { SimulatedEnv } from "@shale/testing";
import { test } from "vitest";
import { compact } from "../test/compact.ts";
import { afterCrash, strikeCompaction } from "../test/compaction-faults.ts";
import type { World } from "../test/world.ts";
import { createWorld, DAY, deleteUser, expireBefore, flush, rowAt } from "../test/world.ts";

const TIMEOUT_MS = 600_000;

/** Two days, one shard: few operations, so that every one can be struck. */
async function flushRows(env: SimulatedEnv, world: World, start: number): Promise<void> {
  const rows = Array.from({ length: 12 }, (_, i) => {
    const row = rowAt(start + i);
    return { ...row, timeMs: (DAY + (i % 2)) * 86_400_000 + i };
  });
  await flush(env, world, rows);
}

async function drained(env: SimulatedEnv): Promise<World> {
  const world = await createWorld(env, { shards: 1 });
  await flushRows(env, world, 0);
  await compact(env);
  return world;
}

async function withTail(env: SimulatedEnv): Promise<World> {
  const world = await createWorld(env, { shards: 1 });
  await flushRows(env, world, 0);
  return world;
}

/** Two files of each day, and nothing to drain. */
async function withFiles(env: SimulatedEnv): Promise<World> {
  const world = await drained(env);
  await flushRows(env, world, 84);
  const due = { bytesMin: 1, objectCountMin: 1, bytesMax: 9_000, objectCountMax: 9 };
  const policy = {
    drain: due,
    merge: { fanIn: 9, settleShare: 9 },
    mergeJobs: { bytesMax: 99_999, inputCountMax: 99 },
  };
  await compact(env, { mode: "due", policy });
  return world;
}

test("drain: every operation fails once", () => strikeCompaction("drain", withTail), TIMEOUT_MS);

test("merge: every operation fails once", () => strikeCompaction("merge", withFiles), TIMEOUT_MS);

// Amid the outputs and around the commit; in the long run earlier and later too.
const isLong = process.env["SHALE_TEST_LONG"] === "1";
const crashes = isLong ? [7, 10, 12, 14, 16, 18, 20, 22] : [14, 19];

test.each(crashes)(
  "two crashes in a row: the first after operation %i of a drain",
  (at) => strikeCompaction(`drain after a crash at ${at}`, (env) => afterCrash(env, at, withTail)),
  TIMEOUT_MS,
);

test.each(crashes)(
  "two crashes in a row: the first after operation %i of a merge",
  (at) => strikeCompaction(`merge after a crash at ${at}`, (env) => afterCrash(env, at, withFiles)),
  TIMEOUT_MS,
);

test(
  "purge: every operation fails once",
  () =>
    strikeCompaction("purge", async (env) => {
      const world = await drained(env);
      await deleteUser(env, "user-3", world.nextSeq);
      return world;
    }),
  TIMEOUT_MS,
);

test(
  "expire: every operation fails once",
  () =>
    strikeCompaction("expire", async (env) => {
      const world = await drained(env);
      await expireBefore(env, DAY + 1);
      return world;
    }),
  TIMEOUT_MS,
);
