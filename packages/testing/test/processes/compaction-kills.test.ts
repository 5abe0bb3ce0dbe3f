import { readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { dropClaim, manifestPlaceOfKey, openManifest } from "@shale/catalog";
import { openStore, type Project } from "@shale/engine";
import {
  type Env,
  filesystemStore,
  inlineWorkers,
  nodeDisk,
  silentLogger,
  systemClock,
  systemProcesses,
  systemRandom,
} from "@shale/env";
import { projectId, specName } from "@shale/model";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import {
  type Append,
  buildEngine,
  expectExactlyOnce,
  killAllAppenders,
  temporaryRoot,
} from "./appenders.test-support.ts";
import {
  type Caretaker,
  type CaretakerCounts,
  killAllCaretakers,
  killCaretaker,
  noCounts,
  startCaretaker,
  stopCaretaker,
} from "./caretakers.test-support.ts";
import { totalOf, watch } from "./watch.test-support.ts";
import { createWriters } from "./writers.test-support.ts";

const isLong = process.env["SHALE_TEST_LONG"] === "1";
/** Each has a store of its own, so that jobs stay as short as they are at the beginning. */
const ROUNDS = isLong ? 12 : 1;
/** Of compacters and collectors in a round; writers are killed beside. */
const KILLS = 32;
/** Compacters of a round that are stopped, robbed of their claims and continued. */
const STOPS = 6;
const SHARDS = 3;

let root = "";
let remove: () => void = () => {};
beforeAll(buildEngine);
beforeEach(() => {
  ({ root, remove } = temporaryRoot());
});
afterEach(() => {
  killAllAppenders();
  killAllCaretakers();
  remove();
});

function environment(): Env {
  return {
    clock: systemClock(),
    random: systemRandom(),
    logger: silentLogger,
    processes: systemProcesses(),
    store: filesystemStore(root),
    disk: nodeDisk(root),
    workers: inlineWorkers({}),
  };
}

const group = { project: projectId("shop"), spec: specName("A"), group: 0 };

/** Jobs of a process that have not ended. */
async function claimsOf(env: Env, { process: { pid } }: Caretaker): Promise<readonly string[]> {
  const manifest = await openManifest(env, group).loadNewest();
  return manifest?.claims.filter(({ owner }) => owner.pid === pid).map(({ id }) => id) ?? [];
}

/** Takes every claim of a process away, as another does after an hour. */
async function takeClaims(env: Env, caretaker: Caretaker): Promise<number> {
  const claims = await claimsOf(env, caretaker);
  for (const id of claims) await dropClaim(env, openManifest(env, group), id);
  return claims.length;
}

/** Stops a compacter in the middle of a job if it can, takes the job away, and lets it go on. */
async function stopAndRob(compacter: Caretaker): Promise<number> {
  const env = environment();
  let taken = 0;
  for (let tries = 0; tries < 20 && taken === 0; tries++) {
    await sleep(Math.random() * 40);
    compacter.process.kill("SIGSTOP");
    await sleep(10);
    taken = await takeClaims(env, compacter);
    if (taken > 0) await sleep(Math.random() * 300); // Its outputs are collected meanwhile.
    compacter.process.kill("SIGCONT");
  }
  return taken;
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();
}

/** Every object is reachable, or of a kind that always stays. */
async function expectNoGarbage(project: Project): Promise<number> {
  const { files = [] } = await project.status({ files: true });
  const reachable = new Set(files.map(({ key }) => key));
  const env = environment();
  const manifest = await openManifest(env, group).loadNewest();
  const pages = new Set(manifest?.pages.map(({ id }) => id));
  expect(manifest?.claims, "no claim is left").toEqual([]);
  const unexplained = filesUnder(join(root, "shop")).filter((path) => {
    const name = path.split("/").at(-1) ?? "";
    if (name.startsWith(".")) return false; // Swept after an hour; no reader lists it.
    if (reachable.has(path)) return false;
    if (path.includes("/page/")) return !pages.has(name);
    const isPointer = path.startsWith("shop/catalog/") || manifestPlaceOfKey(path) !== undefined;
    return !isPointer && path !== "shop/collect/clock";
  });
  expect(unexplained, "neither reachable nor explained").toEqual([]);
  expect(files.filter(({ kind }) => kind === "tail")).toEqual([]);
  return reachable.size;
}

async function expectWhole(acknowledged: readonly Append[]): Promise<void> {
  const store = await openStore({ root, compaction: "off" });
  try {
    const project = await store.project("shop");
    const before = await totalOf(project);
    await project.compact();
    for (let round = 0; round < 3; round++) await project.collect({ graceMs: 0 });
    expect(await totalOf(project)).toBe(before);
    const { findings, notes, ok } = await project.verify({ full: true });
    expect(findings).toEqual([]);
    expect(ok).toBe(true);
    expect(notes).toEqual([]);
    await expectNoGarbage(project);
  } finally {
    await store.close();
  }
  await expectExactlyOnce(root, "shop", acknowledged);
}

function textOf(counts: CaretakerCounts): string {
  const failures = [...counts.failures].map(([name, times]) => `${times} ${name}`).join(", ");
  const { rounds, jobs, lost, takenOver, deletedObjects } = counts;
  return `${rounds} rounds, ${jobs} jobs, ${lost} lost, ${takenOver} claims taken over, ${deletedObjects} objects deleted, failures: ${failures || "none"}`;
}

test.each(Array.from({ length: ROUNDS }, (_, i) => i + 1))(
  `round %i: ${KILLS} compacters and collectors killed, ${STOPS} stopped and robbed, beside writers and readers: no answer changes`,
  async () => {
    const maker = await openStore({ root });
    await maker.project("shop", { shards: SHARDS });
    await maker.close();
    const counts = noCounts();
    const writers = createWriters(root);
    await writers.opened();
    const start = (work: Caretaker["work"]) =>
      startCaretaker({ root, project: "shop", work }, counts);
    const running = [start("compact"), start("compact"), start("collect")];
    await Promise.all(running.map(({ opened }) => opened));
    let over = false;
    const watching = watch({ root, committed: () => writers.committed() }, () => over);
    watching.catch(() => undefined); // Met below.
    const env = environment();
    let [killed, amid, stopped, robbed] = [0, 0, 0, 0];
    try {
      while (killed < KILLS || stopped < STOPS) {
        const at = Math.floor(Math.random() * running.length);
        const victim = running[at]!;
        await victim.opened;
        if (stopped < STOPS && killed % Math.floor(KILLS / STOPS) === 0 && stopped <= killed) {
          const compacter = running.find(({ work }) => work === "compact")!;
          await compacter.opened;
          robbed += await stopAndRob(compacter);
          stopped++;
        }
        await sleep(Math.random() * 400);
        await killCaretaker(victim);
        if ((await claimsOf(env, victim)).length > 0) amid++;
        killed++;
        running[at] = start(victim.work);
        if (killed % 8 === 0) await writers.killOne();
      }
    } finally {
      over = true;
    }
    const seen = await watching;
    await Promise.all(running.map(({ opened }) => opened));
    await Promise.all(running.map(stopCaretaker));
    const acknowledged = await writers.stop();
    await expectWhole(acknowledged);
    console.log(
      `${killed} kills (${amid} amid a job), ${stopped} stops (${robbed} claims taken from a stopped job), ${writers.killed()} writers killed; ${textOf(counts)}`,
    );
    console.log(
      `${seen.answers} answers, ${seen.exports} exports (${seen.broken} without a pin broke), ${seen.snapshots} snapshots asked twice (${seen.expired} expired): 0 wrong`,
    );
    expect(counts.jobs).toBeGreaterThan(0);
    expect(counts.deletedObjects).toBeGreaterThan(0);
    expect(amid, "jobs were killed").toBeGreaterThan(0);
    expect(
      [...counts.failures.keys()].filter((name) => !/ (conflict|retry|unavailable)$/.test(name)),
    ).toEqual([]);
    expect(robbed).toBeGreaterThan(0);
  },
  600_000,
);
