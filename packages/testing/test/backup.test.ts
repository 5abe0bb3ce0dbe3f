import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openStore, type Project, type Store } from "@shale/engine";
import type { StoredEvent } from "@shale/model";
import { referenceStore } from "@shale/testing";
import { afterAll, expect, test } from "vitest";
import { collect } from "./engine-process.test-support.ts";
import { copyProject } from "./store-copy.test-support.ts";

const isLong = process.env["SHALE_TEST_LONG"] === "1";
const scratch = mkdtempSync(join(tmpdir(), "shale-backup-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** More than one group, so that their watermarks differ. */
const SHARDS = 70;
const QUIET = { compaction: "off", flushIntervalMs: 1e12 } as const;

function eventOf(n: number) {
  return {
    event: n % 3 === 0 ? "buy" : "view",
    user_id: `u${n % 37}`,
    time: Date.UTC(2026, 9, 1) + (n % 90) * 3_600_000,
    insert_id: `e${n}`,
    properties: { n },
  };
}

/** A project that one process appends to while another one compacts, until it is told to stop. */
interface BusyProject {
  /** How many events are acknowledged by now. */
  acknowledged(): number;
  stop(): Promise<void>;
}

async function startBusy(root: string, { collects }: { collects: boolean }): Promise<BusyProject> {
  const compacter = await openStore({ root, ...QUIET });
  const other = await compacter.project("shop", { shards: SHARDS });
  let [sent, acknowledged, isStopping] = [0, 0, false];
  async function append(): Promise<void> {
    let store: Store | undefined;
    for (let turn = 0; !isStopping; turn++) {
      // A new writer now and then: it registers while a copy is made.
      if (turn % 6 === 0) await store?.close();
      if (turn % 6 === 0) store = await openStore({ root, ...QUIET });
      const project = await (store as Store).project("shop");
      const events = Array.from({ length: 10 }, () => eventOf(sent++));
      await project.append(events, { durability: "wal" });
      acknowledged = sent;
      if (turn % 2 === 1) await project.flush();
      await sleep(10);
    }
    await store?.close();
  }
  async function compact(): Promise<void> {
    while (!isStopping) {
      await other.compact();
      if (collects) await other.collect({ graceMs: 0 });
      await sleep(20);
    }
  }
  const work = Promise.all([append(), compact()]);
  return {
    acknowledged: () => acknowledged,
    async stop() {
      isStopping = true;
      await work;
      await compacter.close();
    },
  };
}

async function openCopy(root: string): Promise<{ store: Store; project: Project }> {
  const store = await openStore({
    root,
    ...QUIET,
    // What lived when the copy was made is dead where it is restored.
    processes: { self: { host: "here", pid: 2, started: "" }, stateOf: () => "dead" },
  });
  return { store, project: await store.project("shop", { create: "never" }) };
}

const query = {
  kind: "segmentation",
  unit: "day",
  from: "2026-10-01",
  to: "2026-10-06",
  series: [
    { select: { event: "view" }, measure: "total" },
    { select: {}, measure: "unique" },
  ],
} as const;

/** The copy answers like the reference with the events that are in it: those up to a point. */
async function expectWhole(project: Project, acknowledgedBefore: number): Promise<void> {
  const events: StoredEvent[] = await collect(project.events());
  const numbers = events.map(({ properties }) => Number(properties["n"])).sort((a, b) => a - b);
  expect(new Set(numbers).size, "no event is there twice").toBe(numbers.length);
  const isThere = new Set(numbers);
  for (let n = 0; n < acknowledgedBefore; n++) expect(isThere.has(n), `event ${n}`).toBe(true);
  const reference = referenceStore();
  await reference.append(numbers.map(eventOf));
  expect(events).toEqual(await collect(reference.events()));
  const [answer, wanted] = [await project.query(query), await reference.query(query)];
  expect(answer.series).toEqual(wanted.series);
}

test("a copy in the documented order, made while others write and compact, is whole", async () => {
  for (let round = 0; round < (isLong ? 20 : 1); round++) {
    const [root, target] = [join(scratch, `busy-${round}`), join(scratch, `copy-${round}`)];
    const busy = await startBusy(root, { collects: false });
    while (busy.acknowledged() < 150) await sleep(10);
    const before = busy.acknowledged();
    await copyProject(root, target, { project: "shop", onFile: () => sleep(1) });
    const during = busy.acknowledged();
    await busy.stop();
    expect(during, "others wrote while the copy was made").toBeGreaterThan(before);
    const { store, project } = await openCopy(target);
    const { findings, notes } = await project.verify({ full: true });
    expect(findings).toEqual([]);
    expect(notes.map(({ code }) => code)).not.toContain("RETIRING");
    await expectWhole(project, before);
    await project.compact();
    await project.collect({ graceMs: 0 });
    expect((await project.verify({ full: true })).findings).toEqual([]);
    await expectWhole(project, before);
    await store.close();
  }
}, 600_000);

test("a copy that a collection ran into is found out, and is whole once it is repeated", async () => {
  const [root, target] = [join(scratch, "collected"), join(scratch, "repeated")];
  const busy = await startBusy(root, { collects: true });
  while (busy.acknowledged() < 150) await sleep(10);
  let before = busy.acknowledged();
  let isClean = false;
  let passes = 0;
  while (!isClean) {
    passes++;
    // The last passes meet no collection, as those between two of them.
    if (passes === 4) await busy.stop();
    before = busy.acknowledged();
    await copyProject(root, target, { project: "shop", onFile: () => sleep(passes < 4 ? 1 : 0) });
    const store = await openStore({ root: target, readOnly: true });
    const report = await (await store.project("shop")).verify({ full: true });
    await store.close();
    isClean = report.ok && !report.notes.some(({ code }) => code === "RETIRING");
    expect(passes).toBeLessThan(6);
  }
  if (passes < 4) await busy.stop();
  const { store, project } = await openCopy(target);
  await expectWhole(project, before);
  await store.close();
}, 600_000);

test("day files that were copied before the manifests are found to be missing", async () => {
  const [root, target] = [join(scratch, "ordered"), join(scratch, "wrong-order")];
  const store = await openStore({ root, ...QUIET });
  const project = await store.project("shop", { shards: 2 });
  const flush = async (first: number): Promise<void> => {
    await project.append(Array.from({ length: 20 }, (_, n) => eventOf(first + n)));
    await project.flush();
    await project.compact();
  };
  await flush(0);
  await copyProject(root, target, { project: "shop" });
  await flush(20);
  await store.close();
  // The files first, the manifests after something was committed in between.
  const manifests = "shop/spec=A/manifest";
  cpSync(join(root, manifests), join(target, manifests), { recursive: true });
  const copy = await openStore({ root: target, readOnly: true });
  const { findings } = await (await copy.project("shop")).verify();
  await copy.close();
  expect(findings.map(({ code }) => code)).toContain("OBJECT_MISSING");
}, 60_000);
