import { ShaleError } from "@shale/model";
import type { SimulatedEnv } from "@shale/testing";
import { simulatedEnv } from "@shale/testing";
import { expect, test } from "vitest";
import { compact } from "../test/compact.ts";
import { checkAnswers } from "../test/read-rows.ts";
import type { World } from "../test/world.ts";
import { createWorld, flush, rowAt } from "../test/world.ts";

const isLong = process.env["SHALE_TEST_LONG"] === "1";
const seeds = Array.from({ length: isLong ? 200 : 6 }, (_, i) => i + 1);

async function append(env: SimulatedEnv, world: World, writer: number): Promise<void> {
  const start = world.nextSeq;
  await flush(
    env,
    world,
    Array.from({ length: 8 }, (_, i) => rowAt(start + i)),
    { writer },
  );
}

/** Compacts until it is told to stop, or dies; what the store refuses is tried again. */
async function compactForever(env: SimulatedEnv, isOver: () => boolean): Promise<void> {
  for (let turn = 0; !isOver(); turn++) {
    try {
      await compact(env, { mode: turn % 2 === 0 ? "due" : "full" });
    } catch (error) {
      if (!(error instanceof ShaleError)) throw error;
    }
    await env.clock.sleep(100);
  }
}

test.each(seeds)(
  "seed %i: two compacters, faults, deaths and appends lose and double no row",
  async (seed) => {
    const env = simulatedEnv({ seed });
    const world = await createWorld(env, { shards: 2, writers: 2 });
    const rates = { before: 0.01, after: 0.02, late: 0.02, delay: 0.01 };
    let isOver = false;
    const compacters: Promise<unknown>[] = [];
    function start(): SimulatedEnv {
      const one = env.startProcess();
      const work = compactForever(one, () => isOver);
      work.catch(() => {}); // Looked at below.
      compacters.push(Promise.race([work, one.ended]));
      return one;
    }
    const living = [start(), start()];
    for (let step = 0; step < 10; step++) {
      env.faults.setPlan({});
      await append(env, world, 1 + (step % 2));
      env.faults.setPlan({ rates });
      await env.clock.sleep(400);
      if (step % 4 === 3) {
        living.shift()?.kill();
        living.push(start());
      }
    }
    isOver = true;
    env.faults.setPlan({});
    await Promise.all(compacters);
    await checkAnswers(env, world);
    await env.clock.advance(7_200_000);
    await compact(env.startProcess());
    const { tailObjects } = await checkAnswers(env, world);
    expect(tailObjects).toBe(0);
    env.endSimulation();
  },
);
