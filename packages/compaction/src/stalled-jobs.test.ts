import type { SimulatedEnv } from "@shale/testing";
import { simulatedEnv } from "@shale/testing";
import { expect, test } from "vitest";
import { compact } from "../test/compact.ts";
import { pausedEnv } from "../test/paused-env.ts";
import { checkAnswers } from "../test/read-rows.ts";
import { sweep } from "../test/sweep.ts";
import type { World } from "../test/world.ts";
import { createWorld, DAY, deleteUser, expireBefore, flush, rowAt } from "../test/world.ts";

const rows = (start: number) =>
  Array.from({ length: 10 }, (_, i) =>
    rowAt(start + i, { timeMs: (DAY + (i % 2)) * 86_400_000 + i }),
  );

async function tailOnly(env: SimulatedEnv): Promise<World> {
  const world = await createWorld(env, { shards: 1 });
  await flush(env, world, rows(0));
  await flush(env, world, rows(84));
  return world;
}

async function filesAndTail(env: SimulatedEnv): Promise<World> {
  const world = await createWorld(env, { shards: 1 });
  await flush(env, world, rows(0));
  await compact(env);
  await flush(env, world, rows(84));
  await expireBefore(env, DAY + 1);
  await deleteUser(env, "user-3", 5);
  return world;
}

/** Stands still before call `index`, while another process takes everything over; then goes on. */
async function stallAt(
  prepare: (env: SimulatedEnv) => Promise<World>,
  index: number,
): Promise<{ readonly lost: number } | "over"> {
  const env = simulatedEnv({ seed: 1 });
  try {
    const world = await prepare(env);
    const stalled = pausedEnv(env.startProcess(), (_call, at) => at === index);
    const compacting = compact(stalled.env);
    const end = await Promise.race([stalled.reached, compacting]);
    if (end !== undefined) return "over";
    await env.clock.advance(7_200_000);
    const rival = env.startProcess();
    await compact(rival);
    await flush(rival, world, rows(40));
    await compact(rival);
    await checkAnswers(rival, world);
    await sweep(rival);
    const before = await checkAnswers(rival, world);
    stalled.resume();
    const { lost } = await compacting;
    const after = await checkAnswers(rival, world);
    expect(after.tailObjects).toBe(0);
    expect(after.entries.map(({ id }) => id)).toEqual(before.entries.map(({ id }) => id));
    return { lost };
  } finally {
    env.endSimulation();
  }
}

test.each([
  ["a drain and a merge", tailOnly],
  ["an expiry, a purge, a drain and a merge", filesAndTail],
])(
  "%s that slept anywhere longer than any lease wakes up and harms nothing",
  async (_, prepare) => {
    let lost = 0;
    let index = 0;
    for (;;) {
      const end = await stallAt(prepare, index);
      if (end === "over") break;
      lost += end.lost;
      index++;
    }
    expect(index).toBeGreaterThan(20);
    // Wherever a claim of the sleeper stood.
    expect(lost).toBeGreaterThan(index / 3);
  },
);
