import { closeManifest, loadEntries, openManifest } from "@shale/catalog";
import type { Env } from "@shale/env";
import { specName } from "@shale/model";
import { simulatedEnv } from "@shale/testing";
import { expect, test } from "vitest";
import { compact } from "../test/compact.ts";
import { isCatalogCall, isManifestPut, nth, pausedEnv } from "../test/paused-env.ts";
import { checkAnswers, readStored } from "../test/read-rows.ts";
import type { World } from "../test/world.ts";
import { createWorld, DAY, deleteUser, editCatalog, flush, project, rowAt } from "../test/world.ts";

const A = specName("A");
const B = specName("B");
const groupA = { project, spec: A, group: 0 };

function rows(start: number, count = 10) {
  return Array.from({ length: count }, (_, i) =>
    rowAt(start + i, { timeMs: (DAY + (i % 2)) * 86_400_000 + i }),
  );
}

/** A world whose shard-days have two files each. */
async function unsettled(env: Env): Promise<World> {
  const world = await createWorld(env, { shards: 1 });
  await flush(env, world, rows(0));
  await compact(env);
  await flush(env, world, rows(84));
  const drain = { bytesMin: 1, objectCountMin: 1, bytesMax: 99_999, objectCountMax: 9 };
  const merge = { fanIn: 99, settleShare: 99 };
  const mergeJobs = { bytesMax: 99_999, inputCountMax: 99 };
  await compact(env, { mode: "due", policy: { drain, merge, mergeJobs } });
  expect((await readStored(env)).entries).toHaveLength(4);
  return world;
}

test("schedule 9: of two merges with a common input one is refused, and only one commits", async () => {
  const env = simulatedEnv({ seed: 1 });
  const world = await unsettled(env);
  const first = pausedEnv(env.startProcess(), nth(2, isManifestPut));
  const merging = compact(first.env);
  await first.reached;
  const second = await compact(env.startProcess());
  expect(second.counts.merge.jobs).toBe(0);
  first.resume();
  expect((await merging).counts.merge).toMatchObject({ jobs: 1, inputs: 4, files: 2 });
  await checkAnswers(env, world);
});

test("schedule 10: a job's claim stands before it reads the catalog whose deletes it applies", async () => {
  const env = simulatedEnv({ seed: 1 });
  const world = await unsettled(env);
  let claimed = false;
  const merge = pausedEnv(env.startProcess(), (call) => {
    claimed ||= isManifestPut(call);
    return claimed && isCatalogCall(call);
  });
  const merging = compact(merge.env);
  await merge.reached;
  await deleteUser(env, "user-3", world.nextSeq);
  const standing = await openManifest(env, groupA).loadNewest();
  expect(standing?.claims.map(({ kind }) => kind)).toEqual(["merge"]);
  merge.resume();
  expect((await merging).counts.merge.deleted).toBeGreaterThan(0);
  const { rows: stored } = await checkAnswers(env, world);
  expect(stored.some(({ user }) => user === "user-3")).toBe(false);
});

test("schedule 10: a delete after the job's look leaves its files lagging, for a purge to find", async () => {
  const env = simulatedEnv({ seed: 1 });
  const world = await unsettled(env);
  const merge = pausedEnv(env.startProcess(), nth(2, isManifestPut));
  const merging = compact(merge.env);
  await merge.reached;
  await deleteUser(env, "user-3", world.nextSeq);
  merge.resume();
  await merging;
  const { entries } = await checkAnswers(env, world);
  expect(entries.map(({ tombstone }) => tombstone)).toContain(0);
  await compact(env);
  const after = await checkAnswers(env, world);
  expect(after.rows.some(({ user }) => user === "user-3")).toBe(false);
});

/** Adds spec B, fed from a cut that names where every writer stands. */
async function cutForB(env: Env, world: World): Promise<void> {
  const operation = {
    id: "op",
    source: A,
    spec: B,
    strategy: "tee",
    state: "teeing",
    paused: false,
    startedMs: 0,
    horizonDay: null,
    rollbackMs: 0,
    finalizedMs: null,
    token: null,
    sourceMissed: false,
    throttle: { bytesPerSecond: null, concurrency: 1, window: null },
    lastError: null,
  } as const;
  await editCatalog(env, ({ specs, fed }) => ({
    specs: [...specs, { spec: B, shards: 2, hash: "xxh64", createdMs: 0, closedMs: null }],
    fed: [...fed, B],
    operation,
    transitions: [
      {
        ...{ number: 1, operation: "op", verb: "begin", from: "steady", to: "teeing" },
        ...{ atMs: 1, by: "ann", facts: {} },
      },
    ],
    cutPending: { operation: "op" },
  }));
  const position = { n: world.numbers.get(1) ?? 0, lastSeq: world.nextSeq - 1 };
  const cut = {
    positions: { "1": position },
    infinite: [],
    generation: 1,
    operation: "op",
    spec: B,
  };
  await editCatalog(env, ({ cuts }) => ({ cuts: [...cuts, cut], cutPending: null }));
}

test("schedule 15: a drain that saw no manifest makes none for a spec that was given up", async () => {
  const env = simulatedEnv({ seed: 1 });
  const world = await createWorld(env, { shards: 1 });
  await flush(env, world, rows(0));
  await cutForB(env, world);
  await flush(env, world, rows(10));
  const isOfB = (call: { key: string }) => call.key.includes("/spec=B/manifest/");
  const drain = pausedEnv(env.startProcess(), (call) => call.what === "put" && isOfB(call));
  const draining = compact(drain.env);
  await drain.reached;
  const groupB = { project, spec: B, group: 0 };
  await closeManifest(env, openManifest(env, groupB), groupB);
  drain.resume();
  const report = await draining;
  expect(report.stopped).toBeGreaterThan(0);
  const manifest = await openManifest(env, groupB).loadNewest();
  expect(manifest).toMatchObject({ version: 1, added: [], claims: [] });
  expect(manifest?.closedMs).not.toBeNull();
});

test("schedule 16: an object of two days is drained whole, with its watermark, at every version", async () => {
  const env = simulatedEnv({ seed: 1 });
  const world = await createWorld(env, { shards: 1 });
  for (let i = 0; i < 5; i++) await flush(env, world, rows(10 * i));
  await compact(env);
  const chain = openManifest(env, groupA);
  const { version = 0 } = (await chain.loadNewest()) ?? {};
  expect(version).toBeGreaterThan(4);
  for (let v = 1; v <= version; v++) {
    const manifest = (await chain.loadVersion(v as never))!;
    const entries = await loadEntries(env, manifest, "all");
    const upTo = manifest.watermarks.positions["1"]?.lastSeq ?? 0;
    const drained = world.rows.filter(({ seq }) => seq <= upTo);
    const stored = entries.reduce((sum, one) => sum + one.rows, 0);
    const { duplicates } = await duplicatesUpTo(upTo, world);
    expect(stored).toBeLessThanOrEqual(drained.length);
    expect(stored).toBeGreaterThanOrEqual(drained.length - duplicates);
    const seqs = entries.flatMap((one) => one.seqs.map(({ max }) => max));
    expect(Math.max(0, ...seqs)).toBe(upTo);
  }
});

async function duplicatesUpTo(upTo: number, { rows: all }: World) {
  const keys = all
    .filter(({ seq, insertId }) => seq <= upTo && insertId !== undefined)
    .map(({ user, event, insertId, timeMs }) =>
      [user, event, insertId, Math.floor(timeMs / 86_400_000)].join(),
    );
  return { duplicates: keys.length - new Set(keys).size };
}

test("schedule 16: a cut between a drain's heads and its catalog gives no row a wrong generation", async () => {
  const env = simulatedEnv({ seed: 1 });
  const world = await createWorld(env, { shards: 1 });
  await flush(env, world, rows(0));
  const drain = pausedEnv(env.startProcess(), nth(1, isManifestPut));
  const draining = compact(drain.env);
  await drain.reached; // The heads are read, the claim is not there.
  await flush(env, world, rows(10));
  await cutForB(env, world);
  await flush(env, world, rows(20));
  drain.resume();
  await draining;
  await compact(env);
  const { generations } = await checkAnswers(env, world);
  for (const [seq, generation] of generations) expect(generation).toBe(seq <= 20 ? 0 : 1);
  const ofB = await readStored(env, B);
  expect(ofB.rows.length).toBeGreaterThan(0);
  expect(ofB.rows.every(({ seq }) => seq > 20)).toBe(true);
  expect(ofB.tailObjects).toBe(0);
});

test("generations stay apart in files while a reshard is open, and come together after it", async () => {
  const env = simulatedEnv({ seed: 1 });
  const world = await createWorld(env, { shards: 1 });
  await flush(env, world, rows(0));
  await cutForB(env, world);
  await flush(env, world, rows(10));
  await compact(env);
  const open = await checkAnswers(env, world);
  const ofA = open.entries.map(({ day, generations }) => [
    day,
    ...generations.map((g) => g.generation),
  ]);
  expect(ofA.sort()).toEqual([
    [DAY, 0],
    [DAY, 1],
    [DAY + 1, 0],
    [DAY + 1, 1],
  ]);
  await editCatalog(env, ({ transitions }) => ({
    operation: null,
    transitions: [
      ...transitions,
      { ...transitions[0]!, number: 2, verb: "abort", from: "teeing", to: "steady" },
    ],
  }));
  await compact(env);
  expect((await checkAnswers(env, world)).entries).toHaveLength(2);
});

test("a drain stops while a cut is pending, and when its spec is behind or no longer fed", async () => {
  const env = simulatedEnv({ seed: 1 });
  const world = await createWorld(env, { shards: 1 });
  await flush(env, world, rows(0));
  await cutForB(env, world);
  await flush(env, world, rows(10));
  await editCatalog(env, () => ({ behind: [{ spec: B, sinceMs: 0, catchUp: null }] }));
  let claimed = false;
  const drain = pausedEnv(env.startProcess(), (call) => {
    claimed ||= isManifestPut(call);
    return claimed && isCatalogCall(call);
  });
  const draining = compact(drain.env);
  await drain.reached;
  await editCatalog(env, () => ({ cutPending: { operation: "op" } }));
  drain.resume();
  expect(await draining).toMatchObject({ stopped: 1, counts: { drain: { jobs: 0 } } });
  await editCatalog(env, () => ({ cutPending: null }));
  await compact(env);
  expect((await openManifest(env, { ...groupA, spec: B }).loadNewest()) ?? "none").toBe("none");
  expect((await checkAnswers(env, world)).tailObjects).toBe(0);
});
