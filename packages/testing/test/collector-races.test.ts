import { openStore, type Project } from "@shale/engine";
import type { Env, ObjectStore } from "@shale/env";
import { listAll } from "@shale/env";
import type { EventInput, StoredEvent } from "@shale/model";
import { ShaleError } from "@shale/model";
import type { SimulatedEnv } from "@shale/testing";
import { simulatedEnv } from "@shale/testing";
import { expect, test } from "vitest";
import { collect, type EngineProcess, NEVER_MS } from "./engine-process.test-support.ts";

const DAYS = 30;
const MINUTE_MS = 60_000;

async function openOff(env: Env, readOnly = false): Promise<EngineProcess> {
  const store = await openStore({ env, flushIntervalMs: NEVER_MS, readOnly, compaction: "off" });
  return { store, project: await store.project("p", { shards: 2 }) };
}

/** An event of each day for each of three users. */
function roundOf(round: number): EventInput[] {
  return Array.from({ length: DAYS * 3 }, (_, i) => ({
    event: "view",
    user_id: `u${i % 3}`,
    time: Date.UTC(2025, 10, 1 + Math.floor(i / 3)) + round,
    properties: { round },
  }));
}

async function appendRound(project: Project, round: number): Promise<void> {
  await project.append(roundOf(round));
  await project.flush();
}

/** Everything that stood in day files and in the tail is replaced and deleted. */
async function replaceAll(project: Project, round: number): Promise<number> {
  await appendRound(project, round);
  await project.compact();
  await project.collect({ graceMs: 0 });
  return (await project.collect({ graceMs: 0 })).deletedObjects;
}

async function keysUnder(store: ObjectStore, prefix: string): Promise<string[]> {
  const entries = await collect(listAll(store, prefix));
  return entries.map(({ key }) => key);
}

function roundsIn(events: readonly StoredEvent[]): unknown[] {
  return [...new Set(events.map(({ properties }) => properties["round"]))];
}

async function twoProcesses(seed: number): Promise<{
  env: SimulatedEnv;
  caretaker: EngineProcess;
  reader: EngineProcess;
}> {
  const env = simulatedEnv({ seed });
  const caretaker = await openOff(env);
  await appendRound(caretaker.project, 0);
  await caretaker.project.compact();
  await appendRound(caretaker.project, 1);
  return { env, caretaker, reader: await openOff(env.startProcess()) };
}

test("an export that outlasts every grace is whole, beside a collector that knows none", async () => {
  const { env, caretaker, reader } = await twoProcesses(1);
  const events: StoredEvent[] = [];
  let round = 2;
  for await (const event of reader.project.events()) {
    events.push(event);
    if (events.length % 30 !== 1) continue;
    await replaceAll(caretaker.project, round++);
    await env.clock.advance(2 * MINUTE_MS); // Renewed twice; without that it is stale after five.
  }
  expect(round).toBeGreaterThan(6);
  expect(events).toHaveLength(2 * DAYS * 3);
  expect(roundsIn(events)).toEqual([0, 1]);
  expect(await keysUnder(env.store, "p/pins/")).toEqual([]);
  expect(await replaceAll(caretaker.project, round)).toBe(0);
  const { kept } = await caretaker.project.collect({ graceMs: 0 });
  expect(kept.filter(({ why }) => why !== "head")).toEqual([]);
  env.endSimulation();
});

test.each([
  ["breaking out of it", async (events: AsyncGenerator<StoredEvent>) => events.return(undefined)],
  [
    "an error of the consumer",
    async (events: AsyncGenerator<StoredEvent>) =>
      await events.throw(new Error("mine")).catch(() => undefined),
  ],
  ["closing the store", async (_: unknown, reader: EngineProcess) => reader.store.close()],
] as const)("%s releases what an export holds", async (_what, end) => {
  const { env, caretaker, reader } = await twoProcesses(2);
  const events = reader.project.events() as AsyncGenerator<StoredEvent>;
  await events.next();
  expect(await keysUnder(env.store, "p/pins/")).toHaveLength(2);
  await replaceAll(caretaker.project, 2);
  const { kept } = await caretaker.project.collect({ graceMs: 0 });
  expect(kept.map(({ why }) => why)).toContain("work-pin");
  await end(events, reader);
  expect(await keysUnder(env.store, "p/pins/")).toEqual([]);
  expect((await caretaker.project.collect({ graceMs: 0 })).deletedObjects).toBeGreaterThan(DAYS);
  env.endSimulation();
});

test("a signal that aborts an export releases what it holds", async () => {
  const { env, reader } = await twoProcesses(3);
  const abort = new AbortController();
  const exporting = reader.project.events({ signal: abort.signal }) as AsyncGenerator<StoredEvent>;
  await exporting.next();
  abort.abort();
  await expect(collect(exporting)).rejects.toMatchObject({ code: "CANCELLED" });
  expect(await keysUnder(env.store, "p/pins/")).toEqual([]);
  env.endSimulation();
});

test("a process that died during an export holds nothing back after a while", async () => {
  const { env, caretaker, reader } = await twoProcesses(4);
  const exporter = env.startProcess();
  const dying = await openOff(exporter);
  await (dying.project.events() as AsyncGenerator<StoredEvent>).next();
  exporter.kill();
  expect(await replaceAll(caretaker.project, 2)).toBe(0);
  await env.clock.advance(6 * MINUTE_MS);
  expect((await caretaker.project.collect({ graceMs: 0 })).deletedObjects).toBeGreaterThan(DAYS);
  expect(await keysUnder(env.store, "p/pins/")).toEqual([]);
  expect(await collect(reader.project.events())).toHaveLength(3 * DAYS * 3);
  env.endSimulation();
});

/** A store to which nothing can be written. */
function refusing(store: ObjectStore): ObjectStore {
  async function refuse(key: string): Promise<never> {
    throw new ShaleError("STORE_READ_ONLY", `Cannot write ${key}: the file system is read-only`);
  }
  return {
    get: (key, options) => store.get(key, options),
    head: (key, options) => store.head(key, options),
    list: (prefix, options) => store.list(prefix, options),
    put: refuse,
    delete: refuse,
  };
}

test("a store that takes no pin exports all the same, opened read-only or not", async () => {
  const { env } = await twoProcesses(5);
  for (const readOnly of [true, false]) {
    const { clock, random, logger, processes, workers } = env.startProcess();
    const store = refusing(env.store);
    const frozen = { clock, random, logger, processes, workers, store, disk: undefined };
    const { project } = await openOff(frozen, readOnly);
    expect(await collect(project.events())).toHaveLength(2 * DAYS * 3);
    expect(await collect(project.export())).not.toEqual([]);
  }
  expect(await keysUnder(env.store, "p/pins/")).toEqual([]);
  env.endSimulation();
});

test("a read-only store publishes nothing, and its export fails rather than mixing two cuts", async () => {
  const { env, caretaker } = await twoProcesses(6);
  const { project } = await openOff(env.startProcess(), true);
  const events = project.events() as AsyncGenerator<StoredEvent>;
  const seen = [(await events.next()).value as StoredEvent];
  expect(await keysUnder(env.store, "p/pins/")).toEqual([]);
  await replaceAll(caretaker.project, 2);
  await expect(
    (async () => {
      for await (const event of events) seen.push(event);
    })(),
  ).rejects.toMatchObject({ code: "PIN_UNSTABLE" });
  expect(roundsIn(seen)).toEqual([0, 1]);
  expect(await collect(project.events())).toHaveLength(3 * DAYS * 3);
  env.endSimulation();
});

const count = {
  kind: "segmentation",
  unit: "range",
  from: "2025-10-01",
  to: "2026-01-01",
  where: { property: "round", op: "isSet" },
  series: [{ select: {}, measure: "total" }],
} as const;

test("a query whose objects were all replaced after it pinned answers from a fresh pin", async () => {
  const { env, caretaker } = await twoProcesses(7);
  let replacements = 0;
  const process = env.startProcess();
  const store: ObjectStore = {
    ...process.store,
    get: async (key, options) => {
      if (replacements < 2 && (key.includes("/shard=") || key.includes("/tail/"))) {
        replacements++;
        await replaceAll(caretaker.project, 1 + replacements);
      }
      return await process.store.get(key, options);
    },
  };
  const { project } = await openOff({ ...process, store });
  const answer = await project.query(count);
  const rows = answer.series[0]?.overall.range ?? 0;
  expect(rows % (DAYS * 3)).toBe(0);
  expect(rows).toBeGreaterThanOrEqual(3 * DAYS * 3);
  env.endSimulation();
});

test("a snapshot answers the same while its objects stand, and then says that it expired", async () => {
  const { env, caretaker, reader } = await twoProcesses(8);
  const first = await reader.project.query(count);
  const { snapshot } = first.meta;
  await appendRound(caretaker.project, 2);
  const again = await reader.project.query(count, { snapshot });
  expect(again.series).toEqual(first.series);
  await replaceAll(caretaker.project, 3);
  const fresh = await openOff(env.startProcess());
  await expect(fresh.project.query(count, { snapshot })).rejects.toMatchObject({
    code: "SNAPSHOT_EXPIRED",
  });
  await expect(collect(fresh.project.events({ snapshot }))).rejects.toMatchObject({
    code: "SNAPSHOT_EXPIRED",
  });
  // This one has the rows in its memory, and they are those of the snapshot.
  expect((await reader.project.query(count, { snapshot })).series).toEqual(first.series);
  env.endSimulation();
});
