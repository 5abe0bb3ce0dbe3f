import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openStore, type Project } from "@shale/engine";
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
  killAllCaretakers,
  killCaretaker,
  noCounts,
  startCaretaker,
  stopCaretaker,
} from "./caretakers.test-support.ts";
import {
  countsText,
  killAllResharders,
  killResharder,
  noReshards,
  startResharder,
  stopResharder,
} from "./resharders.test-support.ts";
import { totalOf, watch } from "./watch.test-support.ts";
import { createWriters } from "./writers.test-support.ts";

const isLong = process.env["SHALE_TEST_LONG"] === "1";
/** Of resharders, compacters and exporting readers; writers are killed beside. */
const KILLS = isLong ? 500 : 52;
/** Stops across a begin, a finalize or a rollback. */
const STOPS = isLong ? 60 : 3;
/** A tenth of a second each. */
const WAITS = isLong ? 6_000 : 450;

let root = "";
let remove: () => void = () => {};
beforeAll(buildEngine);
beforeEach(() => {
  ({ root, remove } = temporaryRoot());
});
afterEach(() => {
  killAllAppenders();
  killAllCaretakers();
  killAllResharders();
  remove();
});

/** Leads whatever stands there to its end. */
async function endReshard({ reshard }: Project): Promise<string> {
  const { state, operationId } = await reshard.status();
  if (operationId === null) return state;
  if (state === "finalized") await reshard.collect({ graceMs: 0 });
  else await reshard.abort({ graceMs: 0 });
  return state;
}

async function expectWhole(acknowledged: readonly Append[]): Promise<string> {
  const store = await openStore({ root, compaction: "off" });
  let state = "";
  try {
    const project = await store.project("shop");
    const before = await totalOf(project);
    state = await endReshard(project);
    expect(await totalOf(project)).toBe(before);
    await project.compact();
    // What five minutes would do: pins of exports that were killed go stale.
    rmSync(join(root, "shop", "pins"), { recursive: true, force: true });
    for (let round = 0; round < 3; round++) await project.collect({ graceMs: 0 });
    expect(await totalOf(project)).toBe(before);
    const { findings, ok } = await project.verify({ full: true });
    expect(findings).toEqual([]);
    expect(ok).toBe(true);
    await expectOneSpec(project);
    await expectLogLeadsHere(project);
  } finally {
    await store.close();
  }
  await expectExactlyOnce(root, "shop", acknowledged);
  return state;
}

/** Nothing of a closed spec is left but the closed heads of its groups. */
async function expectOneSpec(project: Project): Promise<void> {
  const { specs, live } = await project.status();
  expect(specs.map(({ spec }) => spec)).toEqual([live]);
  const { notes } = await project.verify();
  expect(notes).toEqual([]);
}

/** Each step begins where the one before ended, and the last ends in the present state (B14). */
async function expectLogLeadsHere({ reshard }: Project): Promise<void> {
  const log = await reshard.log();
  let state = "steady";
  for (const { number, from, to } of log) {
    expect([number, from]).toEqual([number, state]);
    state = to;
  }
  expect(log.map(({ number }) => number)).toEqual(log.map((_, i) => i + 1));
  expect(state).toBe((await reshard.status()).state);
}

test(`${KILLS} kills of resharders, compacters and readers beside writers: no answer changes`, async () => {
  const maker = await openStore({ root });
  await maker.project("shop", { shards: 3 });
  await maker.close();
  const writers = createWriters(root);
  await writers.opened();
  const [reshards, counts] = [noReshards(), noCounts()];
  const reshard = () => startResharder({ root, project: "shop", stops: true }, reshards);
  const care = (work: Caretaker["work"]) => startCaretaker({ root, project: "shop", work }, counts);
  // Two resharders: what one begins the other may end.
  const resharders = [reshard(), reshard()];
  const caretakers = [care("compact"), care("export")];
  await Promise.all([...resharders, ...caretakers].map(({ opened }) => opened));
  let over = false;
  const watching = watch({ root, committed: () => writers.committed() }, () => over);
  watching.catch(() => undefined); // Met below.
  let killed = 0;
  const finalizes = () => reshards.did.get("finalize") ?? 0;
  const stopsSoFar = () => [...reshards.stops.values()].reduce((sum, times) => sum + times, 0);
  try {
    while (killed < KILLS) {
      await sleep(50 + Math.random() * 700);
      expect(reshards.mismatches).toEqual([]);
      const at = Math.floor(Math.random() * 3);
      const [resharder, caretaker] = [resharders[at], caretakers[killed % 2]];
      if (resharder !== undefined) {
        await resharder.opened;
        await killResharder(resharder, reshards);
        resharders[at] = reshard();
      } else if (caretaker !== undefined) {
        await caretaker.opened;
        await killCaretaker(caretaker);
        caretakers[killed % 2] = care(caretaker.work);
      }
      killed++;
      if (killed % 8 === 0) await writers.killOne();
    }
    // Left alone they get through whole operations, and are stopped across their steps.
    for (let waits = 0; waits < WAITS && (stopsSoFar() < STOPS || finalizes() === 0); waits++) {
      await sleep(100);
      expect(reshards.mismatches).toEqual([]);
    }
  } finally {
    over = true;
  }
  const seen = await watching;
  await Promise.all([...resharders, ...caretakers].map(({ opened }) => opened));
  await Promise.all(resharders.map(stopResharder));
  await Promise.all(caretakers.map(stopCaretaker));
  const acknowledged = await writers.stop();
  const state = await expectWhole(acknowledged);
  console.log(
    `${killed} kills, ${writers.killed()} writers killed; amid: ${countsText(reshards.killedAmid)}; ` +
      `stops: ${countsText(reshards.stops)}; ended in ${state}`,
  );
  console.log(`did: ${countsText(reshards.did)}; refused: ${countsText(reshards.failures)}`);
  console.log(`${seen.answers} answers, ${seen.exports} exports, ${seen.snapshots} snapshots`);
  expect(reshards.mismatches).toEqual([]);
  expect(finalizes()).toBeGreaterThan(0);
  expect(stopsSoFar()).toBeGreaterThan(0);
  const unexpected = [...reshards.failures.keys()].filter(
    (name) => !/ (conflict|retry|unavailable)$/.test(name),
  );
  expect(unexpected).toEqual([]);
}, 1_800_000);
