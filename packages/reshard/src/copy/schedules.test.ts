import { loadCatalog, markBehind } from "@shale/catalog";
import { projectId, specName } from "@shale/model";
import { expect, test } from "vitest";
import type { SimulatedProject, StopPlace } from "../../test/simulated-project.ts";
import {
  atEveryStop,
  eventsOf,
  joinProject,
  overtaken,
  startProject,
  usersIn,
} from "../../test/simulated-project.ts";

const graceMs = 0;
const catalogs = { what: "list", keyIncludes: "p/catalog/" } as const;
const sources = { what: "list", keyIncludes: "p/spec=A/manifest/" } as const;

async function twoProcesses(): Promise<readonly [SimulatedProject, SimulatedProject]> {
  const first = await startProject();
  return [first, await joinProject(first.env.startProcess())];
}

/** Rows of all users, once each, in both specs. */
async function expectEqualSpecs({ project }: SimulatedProject, users: readonly string[]) {
  const rows = [...users].sort();
  expect(await usersIn(project, "A")).toEqual(rows);
  expect(await usersIn(project, "B")).toEqual(rows);
  expect(await project.reshard.validate({ full: true })).toMatchObject({ matched: true });
}

function usersOf(...parts: readonly (readonly [name: string, count: number])[]): string[] {
  return parts.flatMap(([name, count]) => eventsOf(name, count).map(({ user_id }) => user_id));
}

/** The cut of a chunked change is taken, and rows are drained, while a copy job stands still. */
async function cutIsTaken(stop: StopPlace) {
  const [slow, quick] = await twoProcesses();
  await slow.project.reshard.begin({ shards: 3, strategy: "chunked", horizonDays: 0 });
  const settled = await overtaken(slow, stop, {
    work: () => slow.project.reshard.backfill(),
    async meanwhile() {
      await quick.project.append(eventsOf("early", 3), { durability: "committed" });
      await quick.project.reshard.backfill();
      await quick.project.append(eventsOf("late", 3), { durability: "committed" });
      await quick.project.compact({ mode: "full" });
    },
  });
  await quick.project.reshard.backfill();
  const others = settled === undefined ? [] : usersOf(["early", 3], ["late", 3]);
  await expectEqualSpecs(quick, [...usersOf(["before", 6]), ...others]);
  slow.env.endSimulation();
  return settled;
}

test("schedule 6: a cut between a copy's looks at manifests and catalog doubles no row", async () => {
  expect(await atEveryStop(sources, cutIsTaken)).toBeGreaterThan(3);
  expect(await atEveryStop(catalogs, cutIsTaken)).toBeGreaterThan(10);
});

test("schedule 7: a late row that opens a day, still in the tail at the cut, is copied", async () => {
  const [slow, quick] = await twoProcesses();
  await slow.project.append(eventsOf("late", 3, 2), { durability: "committed" });
  await slow.project.reshard.begin({ shards: 3 });
  expect(await slow.project.reshard.backfill()).toMatchObject({ complete: true });
  await expectEqualSpecs(quick, usersOf(["before", 6], ["late", 3]));
  slow.env.endSimulation();
});

/** Copies until one job is done. */
async function copySome({ project }: SimulatedProject): Promise<void> {
  const stop = new AbortController();
  const copied = project.reshard.backfill({
    signal: stop.signal,
    onProgress({ jobsDone }) {
      if (jobsDone > 0) stop.abort();
    },
  });
  await expect(copied).rejects.toMatchObject({ code: "CANCELLED" });
}

test("of a day that was copied, and merged with later rows, the rest alone is copied", async () => {
  const one = await startProject();
  await one.project.reshard.begin({ shards: 3, strategy: "chunked", horizonDays: 0 });
  await copySome(one);
  const names = ["late1", "late2", "late3", "late4"];
  for (const name of names) {
    await one.project.append(eventsOf(name, 3));
    await one.project.compact({ mode: "full" });
  }
  expect(await one.project.reshard.backfill()).toMatchObject({ complete: true });
  const late = names.map((name) => [name, 3] as const);
  await expectEqualSpecs(one, usersOf(["before", 6], ...late));
  one.env.endSimulation();
});

test("a change that is not wholly copied is not validated", async () => {
  const one = await startProject();
  await one.project.append(eventsOf("other", 3, 2));
  await one.project.reshard.begin({ shards: 130 });
  await copySome(one);
  const validated = one.project.reshard.validate();
  await expect(validated).rejects.toMatchObject({ code: "RESHARD_STATE" });
  one.env.endSimulation();
});

/** Appends rows, which the old spec drains; what the tail need not keep goes. */
async function appendAndCollect({ project }: SimulatedProject, name: string): Promise<void> {
  await project.append(eventsOf(name, 3), { durability: "committed" });
  await project.compact({ mode: "full" });
  await project.collect({ graceMs });
}

async function fallBehind({ env }: SimulatedProject): Promise<void> {
  const spec = specName("B");
  await markBehind(env, projectId("p"), { spec, why: "its disk is full", by: "test" });
}

/** The new spec is behind, and the tail goes while a process lets it catch up. */
async function catchesUp(stop: StopPlace, others: "catch up too" | "only append") {
  const [slow, quick] = await twoProcesses();
  const { reshard } = slow.project;
  await reshard.begin({ shards: 3 });
  await reshard.backfill();
  await appendAndCollect(quick, "drained");
  await fallBehind(slow);
  await appendAndCollect(quick, "missed");
  const settled = await overtaken(slow, stop, {
    work: () => reshard.backfill(),
    async meanwhile() {
      await appendAndCollect(quick, "more");
      if (others === "catch up too") await quick.project.reshard.backfill();
      await appendAndCollect(quick, "last");
    },
  });
  await quick.project.reshard.backfill();
  await quick.project.compact({ mode: "full" });
  const late = settled === undefined ? [] : usersOf(["more", 3], ["last", 3]);
  const rows = usersOf(["before", 6], ["drained", 3], ["missed", 3]);
  await expectEqualSpecs(quick, [...rows, ...late]);
  slow.env.endSimulation();
  return settled;
}

const ownManifests = { what: "put", keyIncludes: "p/spec=B/manifest/" } as const;

for (const place of [catalogs, ownManifests]) {
  for (const others of ["catch up too", "only append"] as const) {
    const where = `at each ${place.what} while others ${others}`;
    test(`schedule 8: a spec that is fed again has every row once, ${where}`, async () => {
      expect(await atEveryStop(place, (stop) => catchesUp(stop, others))).toBeGreaterThan(1);
    });
  }
}

test("a catch-up that is paused stops before its next group, and goes on when it is resumed", async () => {
  const one = await startProject();
  const { reshard } = one.project;
  await reshard.begin({ shards: 3 });
  await reshard.backfill();
  await fallBehind(one);
  await appendAndCollect(one, "missed");
  const paused = await reshard.backfill({
    async mayCopy() {
      await reshard.pause();
      return true;
    },
  });
  expect(paused.complete).toBe(false);
  const catalog = await loadCatalog(one.env, projectId("p"));
  expect(catalog?.behind[0]?.catchUp?.target).toBeTruthy();
  await reshard.resume();
  expect(await reshard.backfill()).toMatchObject({ complete: true });
  await expectEqualSpecs(one, usersOf(["before", 6], ["missed", 3]));
  one.env.endSimulation();
});

test("a catch-up keeps to the rate", async () => {
  const one = await startProject();
  const { reshard } = one.project;
  await reshard.begin({ shards: 130 });
  await reshard.backfill();
  await fallBehind(one);
  await appendAndCollect(one, "missed");
  const waits: (string | null)[] = [];
  await reshard.backfill({
    throttle: { bytesPerSecond: 1_000 },
    onProgress: (progress) => waits.push(progress.waits),
  });
  expect(waits).toContain("rate");
  await expectEqualSpecs(one, usersOf(["before", 6], ["missed", 3]));
  one.env.endSimulation();
});

test("a spec that falls behind twice has every row once", async () => {
  const one = await startProject();
  const { reshard } = one.project;
  await reshard.begin({ shards: 3 });
  await reshard.backfill();
  const names = ["missed1", "missed2"];
  for (const name of names) {
    await fallBehind(one);
    await appendAndCollect(one, name);
    await reshard.backfill();
  }
  await expectEqualSpecs(one, usersOf(["before", 6], ["missed1", 3], ["missed2", 3]));
  one.env.endSimulation();
});

test("a writer that retires while a spec is behind leaves its rows to the catch-up (W7)", async () => {
  const [one, leaving] = await twoProcesses();
  await one.project.reshard.begin({ shards: 3 });
  await leaving.project.append(eventsOf("drained", 3), { durability: "committed" });
  await one.project.reshard.backfill();
  await one.project.compact({ mode: "full" });
  await fallBehind(one);
  await leaving.project.append(eventsOf("missed", 3), { durability: "committed" });
  await leaving.store.close();
  leaving.env.kill();
  for (const name of ["more1", "more2"]) await appendAndCollect(one, name);
  const catalog = await loadCatalog(one.env, projectId("p"));
  expect(catalog?.retired).not.toEqual([]);
  await one.project.reshard.backfill();
  const parts = ["drained", "missed", "more1", "more2"].map((name) => [name, 3] as const);
  await expectEqualSpecs(one, usersOf(["before", 6], ...parts));
  one.env.endSimulation();
});

/** The collector meets a compaction that has drained one spec, and not the other one. */
async function isCollected(stop: StopPlace) {
  const [slow, quick] = await twoProcesses();
  await slow.project.reshard.begin({ shards: 3 });
  await slow.project.reshard.backfill();
  for (const name of ["one", "two"]) {
    await slow.project.append(eventsOf(name, 3), { durability: "committed" });
  }
  const settled = await overtaken(slow, stop, {
    work: () => slow.project.compact({ mode: "full" }),
    meanwhile: () => quick.project.collect({ graceMs }),
  });
  await quick.project.compact({ mode: "full" });
  await expectEqualSpecs(quick, usersOf(["before", 6], ["one", 3], ["two", 3]));
  slow.env.endSimulation();
  return settled;
}

test("the tail is kept for a spec that has not drained it (C5)", async () => {
  for (const spec of ["A", "B"]) {
    const place = { what: "put", keyIncludes: `p/spec=${spec}/manifest/` } as const;
    expect(await atEveryStop(place, isCollected)).toBeGreaterThan(1);
  }
});

/** A user is deleted, and its rows are removed everywhere, while a copy job stands still. */
async function userIsDeleted(stop: StopPlace) {
  const [slow, quick] = await twoProcesses();
  await slow.project.reshard.begin({ shards: 3 });
  const settled = await overtaken(slow, stop, {
    work: () => slow.project.reshard.backfill(),
    async meanwhile() {
      await quick.project.deleteUsers(["before-0"], { waitMs: 100 });
      for (let count = 0; count < 3; count++) {
        await quick.project.compact({ mode: "full" });
        await quick.project.collect({ graceMs });
      }
    },
  });
  await quick.project.reshard.backfill();
  for (let count = 0; count < 3; count++) {
    await slow.project.compact({ mode: "full" });
    await slow.project.collect({ graceMs });
  }
  const users = usersOf(["before", 6]);
  await expectEqualSpecs(quick, settled === undefined ? users : users.slice(1));
  slow.env.endSimulation();
  return settled;
}

test("schedule 10: a copy brings no deleted user back, wherever the deletion meets it", async () => {
  expect(await atEveryStop(catalogs, userIsDeleted)).toBeGreaterThan(10);
  expect(
    await atEveryStop({ what: "put", keyIncludes: "p/spec=B/" }, userIsDeleted),
  ).toBeGreaterThan(3);
});

/** The change is given up, and what it left collected, while a copy job stands still. */
async function isGivenUp(stop: StopPlace) {
  const [slow, quick] = await twoProcesses();
  await slow.project.reshard.begin({ shards: 3 });
  const settled = await overtaken(slow, stop, {
    work: () => slow.project.reshard.backfill(),
    async meanwhile() {
      await quick.project.reshard.abort({ graceMs });
      await quick.project.reshard.begin({ shards: 5 });
    },
  });
  if (settled !== undefined) {
    for (let count = 0; count < 2; count++) await quick.project.collect({ graceMs });
    for (const part of ["p/spec=B/shard=", "p/spec=B/page/"]) {
      expect((await quick.env.store.list(part)).entries).toEqual([]);
    }
    const catalog = await loadCatalog(quick.env, projectId("p"));
    expect(catalog?.operation).toMatchObject({ spec: "C" });
    await quick.project.reshard.backfill();
    expect(await usersIn(quick.project, "C")).toEqual(usersOf(["before", 6]).sort());
  }
  slow.env.endSimulation();
  return settled;
}

test("schedule 15: a copy of a change that was given up leaves nothing, and its letter is spent", async () => {
  const manifests = { what: "put", keyIncludes: "p/spec=B/manifest/" } as const;
  expect(await atEveryStop(manifests, isGivenUp)).toBeGreaterThan(1);
  expect(
    await atEveryStop({ what: "put", keyIncludes: "p/spec=B/shard=" }, isGivenUp),
  ).toBeGreaterThan(1);
  expect(await atEveryStop(catalogs, isGivenUp)).toBeGreaterThan(10);
});
