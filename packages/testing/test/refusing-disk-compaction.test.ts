import { openStore, type Project, type Store } from "@shale/engine";
import type { Env, ObjectStore } from "@shale/env";
import { listAll } from "@shale/env";
import type { EventInput, StoredEvent } from "@shale/model";
import { ShaleError } from "@shale/model";
import { simulatedEnv } from "@shale/testing";
import { describe, expect, test } from "vitest";
import { collect, isLong, NEVER_MS } from "./engine-process.test-support.ts";

function eventsOf(round: number): EventInput[] {
  return Array.from({ length: 24 }, (_, n) => ({
    event: n % 2 === 0 ? "view" : "buy",
    user_id: `u${n % 5}`,
    time: Date.UTC(2025, 11, 1 + (n % 3)) + n,
    insert_id: n % 4 === 0 ? `id-${n}` : undefined,
    properties: { round, n },
  }));
}

async function openOff(env: Env): Promise<{ store: Store; project: Project }> {
  const store = await openStore({ env, flushIntervalMs: NEVER_MS, compaction: "off" });
  return { store, project: await store.project("p", { shards: 3 }) };
}

/** Of everything that a compaction and a collection do, some: drains, merges, a purge, garbage. */
async function prepare(env: Env): Promise<{ store: Store; project: Project }> {
  const opened = await openOff(env);
  const { project } = opened;
  for (let round = 0; round < 2; round++) {
    await project.append(eventsOf(round));
    await project.flush();
    await project.compact({ mode: round === 0 ? "full" : "due" });
  }
  await project.deleteUsers(["u3"]);
  await project.append(eventsOf(2));
  await project.flush();
  return opened;
}

const works = {
  compact: (project: Project) => project.compact(),
  collect: (project: Project) => project.collect({ graceMs: 0 }),
} as const;

async function expectUnharmed(project: Project, wanted: readonly StoredEvent[]): Promise<void> {
  expect(await collect(project.events())).toEqual(wanted);
  const { findings } = await project.verify({ full: true });
  expect(findings).toEqual([]);
}

/** A store whose disk is full once `left` more objects were written; deletes always work. */
interface Room {
  left: number;
}
function limited(store: ObjectStore, room: Room): ObjectStore {
  return {
    ...store,
    async put(key, bytes, condition, options) {
      if (room.left-- > 0) return await store.put(key, bytes, condition, options);
      throw new ShaleError("DISK_FULL", `Cannot write ${key}: no space is left on the disk`);
    },
  };
}

describe.each(["compact", "collect"] as const)("%s", (work) => {
  test("on a disk that fills up fails by its reason, harms nothing, and a rerun succeeds", async () => {
    let failures = 0;
    let failed = true;
    for (let left = 0; failed; left += isLong || work === "collect" ? 1 : 2) {
      const env = simulatedEnv({ seed: left });
      const room: Room = { left: Number.POSITIVE_INFINITY };
      const { project } = await prepare({ ...env, store: limited(env.store, room) });
      if (work === "collect") await project.compact(); // It needs something to collect.
      const wanted = await collect(project.events());
      room.left = left;
      failed = await works[work](project).then(
        () => false,
        (error: unknown) => {
          expect(error).toBeInstanceOf(ShaleError);
          expect(error).toMatchObject({ code: "DISK_FULL", kind: "unavailable" });
          return true;
        },
      );
      if (failed) failures++;
      await expectUnharmed(project, wanted); // The disk is full yet, and queries go on.
      room.left = Number.POSITIVE_INFINITY;
      for (let round = 0; round < 2; round++) {
        await project.compact();
        await project.collect({ graceMs: 0 });
      }
      await project.collect({ graceMs: 0 });
      await expectUnharmed(project, wanted);
      expect((await project.verify()).notes, `full after ${left} writes`).toEqual([]);
      env.endSimulation();
    }
    console.log(`${work}: ${failures} times a full disk; nothing was harmed`);
    expect(failures).toBeGreaterThan(3);
  });
});

/** What a file system that is mounted read-only answers. */
function readOnly(store: ObjectStore): ObjectStore {
  async function refuse(key: string): Promise<never> {
    throw new ShaleError("STORE_READ_ONLY", `Cannot write ${key}: the file system is read-only`);
  }
  return { ...store, put: refuse, delete: refuse };
}

test("a root that cannot be written is neither compacted nor collected, by its reason", async () => {
  const env = simulatedEnv({ seed: 1 });
  const { project } = await prepare(env);
  const wanted = await collect(project.events());
  const keys = await collect(listAll(env.store, "p/"));
  const other = env.startProcess();
  const frozen = await openOff({ ...other, disk: undefined, store: readOnly(other.store) });
  const reader = await openStore({ env: env.startProcess(), readOnly: true });
  for (const one of [frozen.project, await reader.project("p")]) {
    const refused = { code: "STORE_READ_ONLY", kind: "configuration" };
    await expect(one.compact()).rejects.toMatchObject(refused);
    await expect(one.collect({ graceMs: 0 })).rejects.toMatchObject(refused);
    await expect(one.deleteUsers(["u1"])).rejects.toMatchObject(refused);
    await expect(one.setRetention("1d")).rejects.toMatchObject(refused);
    expect((await one.compact({ dryRun: true })).planned).not.toEqual([]);
    await one.collect({ dryRun: true, graceMs: 0 });
    await expectUnharmed(one, wanted);
  }
  expect(await collect(listAll(env.store, "p/"))).toEqual(keys);
  env.endSimulation();
});
