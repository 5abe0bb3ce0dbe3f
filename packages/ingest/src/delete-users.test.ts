import {
  deleteUsers,
  loadCatalog,
  readHeartbeats,
  registerWriter,
  retireInCatalog,
} from "@shale/catalog";
import { tombstoneHash } from "@shale/columns";
import { specNameOf } from "@shale/model";
import type { SimulatedEnv } from "@shale/testing";
import { simulatedEnv } from "@shale/testing";
import fc from "fast-check";
import { beforeEach, expect, test } from "vitest";
import { batchOf, namesOf, prepareProject, project, readTail } from "./ingest.test-support.ts";
import { openWriter } from "./open-writer.ts";
import { forgetLog } from "./takeover/forget-log.ts";
import { recoverLogs } from "./takeover/recover-logs.ts";

const HOUR_MS = 3_600_000;
const specA = specNameOf(0);
const ann = { by: "ann" };
const quiet = { flushIntervalMs: 1e9, heartbeatIntervalMs: 1e9 };

let env: SimulatedEnv;
beforeEach(async () => {
  env = simulatedEnv({ seed: 1 });
  await prepareProject(env);
});

test("receipt, catalog and audit hold the keyed hash of a user, and never the user", async () => {
  const receipt = await deleteUsers(env, project, ["user-1", "user-1", "user-2"], ann);
  const catalog = (await loadCatalog(env, project))!;
  const hash = tombstoneHash(catalog.tombstoneKey, new TextEncoder().encode("user-1"));
  expect(receipt.tombstones).toHaveLength(2);
  expect(receipt).toMatchObject({ unanswered: [], specs: ["A"] });
  expect(receipt.tombstones[0]).toMatchObject({ userHash: hash, number: 1 });
  expect(catalog.tombstones.map(({ userHash }) => userHash)[0]).toBe(hash);
  expect(catalog.audit.map(({ what, by }) => `${by}: ${what}`)[0]).toContain(
    `ann: delete-user ${hash}`,
  );
  expect(JSON.stringify([receipt, catalog])).not.toContain("user-1");
});

test("no user and no id are refused", async () => {
  for (const ids of [[], [""], ["a", ""]]) {
    await expect(deleteUsers(env, project, ids, ann)).rejects.toMatchObject({
      code: "OPTION_INVALID",
    });
  }
});

test("a writer of the same process is not waited for", async () => {
  const writer = await openWriter(env, project, quiet);
  const before = await writer.append(batchOf("a"));
  const startMs = env.clock.monotonicMs();
  const { tombstones, unanswered } = await deleteUsers(env, project, ["user-0"], {
    ...ann,
    own: [writer],
  });
  expect(env.clock.monotonicMs()).toBe(startMs);
  expect(unanswered).toEqual([]);
  const after = await writer.append(batchOf("b"));
  const reached = Math.max(...tombstones.map(({ seq }) => seq));
  expect(before.last).toBeLessThanOrEqual(reached);
  expect(after.first).toBeGreaterThan(reached);
  await writer.close();
});

test("schedule 14: clocks that are ahead or behind neither save a row nor hide a new one", async () => {
  const race = fc.record({
    seed: fc.nat(),
    skews: fc.array(fc.integer({ min: -HOUR_MS, max: HOUR_MS }), { minLength: 1, maxLength: 3 }),
    deleterSkew: fc.integer({ min: -HOUR_MS, max: HOUR_MS }),
    durability: fc.constantFrom("wal" as const, "committed" as const),
  });
  const property = fc.asyncProperty(race, async ({ seed, skews, deleterSkew, durability }) => {
    const world = simulatedEnv({ seed });
    try {
      await prepareProject(world);
      const writers = await Promise.all(
        skews.map((clockSkewMs) => openWriter(world.startProcess({ clockSkewMs }), project)),
      );
      const before = [];
      for (const writer of writers) before.push(await writer.append(batchOf("a"), { durability }));
      const deleter = world.startProcess({ clockSkewMs: deleterSkew });
      const receipt = await deleteUsers(deleter, project, ["user-0"], ann);
      expect(receipt.unanswered).toEqual([]);
      const reached = Math.max(...receipt.tombstones.map(({ seq }) => seq));
      for (const { last } of before) expect(last).toBeLessThanOrEqual(reached);
      for (const writer of writers) {
        const { first } = await writer.append(batchOf("b"), { durability });
        expect(first).toBeGreaterThan(reached);
      }
    } finally {
      world.endSimulation();
    }
  });
  await fc.assert(property, { numRuns: 30 });
});

test("writers that do not answer are named: stopped ones after the wait, dead ones at once", async () => {
  const stopped = env.startProcess();
  const dead = env.startProcess();
  await openWriter(stopped, project, quiet);
  await openWriter(dead, project, quiet);
  stopped.pause();
  dead.kill();
  const startMs = env.clock.monotonicMs();
  const receipt = await deleteUsers(env, project, ["user-0"], { ...ann, waitMs: 3000 });
  expect(receipt.unanswered).toEqual([1, 2]);
  expect(env.clock.monotonicMs() - startMs).toBe(3000);
  stopped.kill();
  const again = await deleteUsers(env, project, ["user-0"], { ...ann, waitMs: 3000 });
  expect(again.unanswered).toEqual([1, 2]);
  expect(env.clock.monotonicMs() - startMs).toBe(3000);
  await recoverLogs(env, project);
  expect(await deleteUsers(env, project, ["user-0"], ann)).toMatchObject({ unanswered: [] });
});

test("a writer that registers while the delete is under way has seqs above it", async () => {
  const late = env.startProcess({ clockSkewMs: -HOUR_MS });
  const idle = env.startProcess();
  await registerWriter(idle, project); // Keeps the delete waiting.
  const deleting = deleteUsers(env, project, ["user-0"], { ...ann, waitMs: 2000 });
  while ((await loadCatalog(env, project))?.tombstones.length === 0) await env.clock.sleep(1);
  const writer = await openWriter(late, project, quiet);
  const { first } = await writer.append(batchOf("a"));
  const { tombstones } = await deleting;
  expect(first).toBeGreaterThan(Math.max(...tombstones.map(({ seq }) => seq)));
  await writer.close();
});

test("an idle writer's last object is superseded by an empty one that is no seal", async () => {
  const writer = await openWriter(env, project, { heartbeatIntervalMs: 5000, idleAfterMs: 60_000 });
  await writer.append(batchOf("a"), { durability: "committed" });
  await env.clock.advance(50_000);
  expect(await readTail(env)).toHaveLength(1);
  await env.clock.advance(20_000);
  const tail = await readTail(env);
  expect(tail.map(({ rowCount, sealed }) => [rowCount, sealed])).toEqual([
    [1, false],
    [0, false],
  ]);
  // Once: an empty object is not superseded, and the log holds no row any more.
  await env.clock.advance(200_000);
  expect(await readTail(env)).toHaveLength(2);
  const folder = `${project}/wal/0000000000000001`;
  expect(await env.disk.listNames(folder)).toEqual(["owner"]);
  await writer.append(batchOf("b"), { durability: "wal" });
  expect(await env.disk.listNames(folder)).toHaveLength(2);
  await writer.close();
  expect((await readTail(env)).map(({ n, sealed }) => [n, sealed])).toEqual([
    [1, false],
    [2, false],
    [3, false],
    [4, true],
  ]);
});

test("a delete makes an idle writer give way at once", async () => {
  const writer = await openWriter(env, project, quiet);
  await writer.append(batchOf("a"), { durability: "committed" });
  await deleteUsers(env, project, ["user-0"], { ...ann, own: [writer] });
  await env.clock.advance(0);
  for (let i = 0; i < 100 && (await readTail(env)).length < 2; i++) await env.clock.sleep(1);
  expect((await readTail(env)).map(({ rowCount }) => rowCount)).toEqual([1, 0]);
  const [beat] = await readHeartbeats(env, project);
  expect(beat?.oldestUnflushedSeq).toBeNull();
  await writer.close();
});

test.each(["before it wakes", "while it registers again"])(
  "a forgotten writer that lives moves nothing once its ordinal has retired, %s (D2)",
  async (when) => {
    const sleeper = env.startProcess();
    const elsewhere = env.startProcess({ machine: "other" });
    let isAwake = false;
    async function retire(): Promise<void> {
      await retireInCatalog(elsewhere, project, [writer.ordinal], { ...ann, specs: [specA] });
    }
    const { store } = sleeper;
    const watched: SimulatedEnv = {
      ...sleeper,
      store: {
        ...store,
        async put(key, bytes, condition, options) {
          if (isAwake && key.includes("/catalog/")) {
            isAwake = false;
            await retire();
          }
          return await store.put(key, bytes, condition, options);
        },
      },
    };
    const writer = await openWriter(watched, project, quiet);
    await writer.append(batchOf("a"), { durability: "wal" });
    sleeper.pause();
    await env.clock.advance(200_000);
    await forgetLog(elsewhere, project, writer.ordinal, ann);
    if (when === "before it wakes") await retire();
    else isAwake = true;
    sleeper.resume();
    await writer.append(batchOf("b"), { durability: "committed" }).catch(() => undefined);
    await writer.append(batchOf("c"), { durability: "committed" });
    const tail = await readTail(env);
    expect(
      tail.flatMap(({ batch }) => (batch === undefined ? [] : namesOf([batch]))),
    ).not.toContain("a.0");
    expect((await loadCatalog(env, project))?.writers.map(({ ordinal }) => ordinal)).toEqual([2]);
    await writer.close();
  },
);
