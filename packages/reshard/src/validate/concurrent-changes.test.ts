import { ShaleError } from "@shale/model";
import type { SimulatedEnv } from "@shale/testing";
import { simulatedEnv } from "@shale/testing";
import { expect, test } from "vitest";
import { compact } from "../../../compaction/test/compact.ts";
import { checkAnswers } from "../../../compaction/test/read-rows.ts";
import { sweep } from "../../../compaction/test/sweep.ts";
import type { World } from "../../../compaction/test/world.ts";
import {
  createWorld,
  DAY,
  deleteUser,
  expireBefore,
  flush,
  rowAt,
} from "../../../compaction/test/world.ts";
import { beginSpecB, compareAB, fillSpecB } from "../../test/two-specs.ts";
import type { ComparisonJournal } from "./comparison-journal.ts";
import { createComparisonJournal } from "./comparison-journal.ts";

const isLong = process.env["SHALE_TEST_LONG"] === "1";
const seeds = Array.from({ length: isLong ? 200 : 8 }, (_, i) => i + 1);

async function append(env: SimulatedEnv, world: World, writer: number): Promise<void> {
  const rows = Array.from({ length: 6 }, (_, i) => {
    const number = world.nextSeq + i;
    return rowAt(number, { user: number % 13 === 0 ? "" : `user-${number % 17}` });
  });
  await flush(env, world, rows, { writer });
}

/** Again and again until it is over; what the store refuses is tried again. */
async function untilOver(
  env: SimulatedEnv,
  isOver: () => boolean,
  work: (turn: number) => Promise<unknown>,
): Promise<void> {
  for (let turn = 0; !isOver(); turn++) {
    try {
      await work(turn);
    } catch (error) {
      if (!(error instanceof ShaleError)) throw error;
    }
    await env.clock.sleep(70);
  }
}

interface Seen {
  compared: number;
  unstable: number;
}

/** Every comparison that comes to its end has to match. */
async function compareOften(
  env: SimulatedEnv,
  isOver: () => boolean,
  journal: ComparisonJournal,
  seen: Seen,
): Promise<void> {
  for (let turn = 0; !isOver(); turn++) {
    try {
      const compared = await compareAB(env, { full: turn % 2 === 1, journal });
      expect(compared.differences).toEqual([]);
      expect(compared).toMatchObject({ matched: true, misplaced: 0 });
      seen.compared++;
    } catch (error) {
      if (!(error instanceof ShaleError) || error.code !== "PIN_UNSTABLE") throw error;
      seen.unstable++;
    }
    await env.clock.sleep(30);
  }
}

test.each(seeds)("seed %i: no false mismatch while everything goes on (I14)", async (seed) => {
  const env = simulatedEnv({ seed });
  const shards = [2, 3, 4][seed % 3] ?? 2;
  const more = [5, 6, 1][seed % 3] ?? 5;
  const world = await createWorld(env, { shards, writers: 2 });
  for (let i = 0; i < 6; i++) await append(env, world, 1 + (i % 2));
  await compact(env);
  for (let i = 0; i < 3; i++) await append(env, world, 1 + (i % 2));
  const cut = await beginSpecB(env, world, more);
  await fillSpecB(env, cut, more);
  env.faults.setPlan({ rates: { delay: 0.1 } });
  let isOver = false;
  const over = () => isOver;
  const seen: Seen = { compared: 0, unstable: 0 };
  const [compacter, collector, ...readers] = Array.from({ length: 4 }, () => env.startProcess());
  const working = [
    untilOver(compacter!, over, (turn) =>
      compact(compacter!, { mode: turn % 3 === 0 ? "full" : "due" }),
    ),
    untilOver(collector!, over, () => sweep(collector!)),
    ...readers.map((one) => compareOften(one, over, createComparisonJournal(), seen)),
  ];
  for (const one of working) one.catch(() => {}); // Looked at below.
  for (let step = 0; seen.compared < 5 && step < 600; step++) {
    await append(env, world, 1 + (step % 2));
    if (step % 9 === 3) await deleteUser(env, `user-${step % 17}`, world.nextSeq++);
    if (step === 20) await expireBefore(env, DAY + 1);
    await env.clock.sleep(200);
  }
  isOver = true;
  await Promise.all(working);
  env.faults.setPlan({});
  await checkAnswers(env, world);
  expect(seen.compared).toBeGreaterThanOrEqual(5);
  const settled = await compareAB(env, { full: true });
  expect(settled.matched).toBe(true);
  env.endSimulation();
});
