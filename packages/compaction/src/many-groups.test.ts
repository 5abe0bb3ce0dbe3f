import { dropClaim, openManifest } from "@shale/catalog";
import { specName } from "@shale/model";
import type { SimulatedEnv } from "@shale/testing";
import { simulatedEnv } from "@shale/testing";
import { expect, test } from "vitest";
import { compact } from "../test/compact.ts";
import { nth, pausedEnv } from "../test/paused-env.ts";
import { checkAnswers } from "../test/read-rows.ts";
import type { World } from "../test/world.ts";
import { createWorld, flush, project, rowAt } from "../test/world.ts";
import { compactionTasks } from "./task/compaction-tasks.ts";

const GROUPS = 4;

async function worldOfGroups(env: SimulatedEnv, objects: number): Promise<World> {
  const world = await createWorld(env, { shards: 64 * GROUPS - 20, writers: 2 });
  for (let i = 0; i < objects; i++) {
    const rows = Array.from({ length: 30 }, (_, k) => rowAt(k, { user: `u${30 * i + k}` }));
    await flush(env, world, rows, { writer: 1 + (i % 2) });
  }
  return world;
}

const isTailGet = ({ what, key }: { what: string; key: string }) =>
  what === "get" && key.includes("/tail/");

test.each([false, true])(
  "groups that drain together read every tail object once, on workers: %s",
  async (onWorkers) => {
    const env = simulatedEnv({ seed: 1, tasks: compactionTasks });
    const world = await worldOfGroups(env, 6);
    const seen = pausedEnv(env, () => false);
    const report = await compact(seen.env, { onWorkers });
    const { tailObjects, entries } = await checkAnswers(env, world);
    expect(tailObjects).toBe(0);
    expect(new Set(entries.map(({ shard }) => Math.floor(shard / 64))).size).toBe(GROUPS);
    expect(report.counts.drain.rows).toBe(180);
    expect(seen.calls.filter(isTailGet).length).toBe(6);
  },
);

test("a group whose claim was taken drains again, and the others do not wait for it", async () => {
  const env = simulatedEnv({ seed: 2 });
  const world = await worldOfGroups(env, 8);
  const isFilePut = nth(9, ({ what, key }) => what === "put" && key.endsWith(".parquet"));
  const stalled = pausedEnv(env, isFilePut);
  const compacting = compact(stalled.env);
  await stalled.reached;
  const chain = openManifest(env, { project, spec: specName("A"), group: 1 });
  const [claim] = (await chain.loadNewest())?.claims ?? [];
  await dropClaim(env, chain, claim?.id ?? "");
  stalled.resume();
  const report = await compacting;
  expect(report.lost).toBe(1);
  // Each in several ranges: the group stands behind the others for a while.
  expect(report.counts.drain.jobs).toBeGreaterThanOrEqual(2 * GROUPS);
  expect((await checkAnswers(env, world)).tailObjects).toBe(0);
});
