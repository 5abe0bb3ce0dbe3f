import type { FaultScenario, SimulatedEnv } from "@shale/testing";
import { faultPoints } from "@shale/testing";
import { expect } from "vitest";
import { isSettled, runsOf } from "../src/plan/file-runs.ts";
import { compact } from "./compact.ts";
import { checkAnswers } from "./read-rows.ts";
import type { World } from "./world.ts";

const isLong = process.env["SHALE_TEST_LONG"] === "1";
const seeds = isLong ? [1, 2, 3, 4, 5] : [1];

/**
 * The world after an earlier compaction that died right after its operation `at`: what it left is
 * for the struck one to take over.
 */
export async function afterCrash(
  env: SimulatedEnv,
  at: number,
  prepare: (env: SimulatedEnv) => Promise<World>,
): Promise<World> {
  const world = await prepare(env);
  const dying = env.startProcess();
  const fault = { kind: "crash", when: "after" } as const;
  env.faults.setPlan({ rules: [{ process: dying.position, at, fault }] });
  const work = compact(dying).then(() => {
    throw new Error(`a compaction has an operation ${at}`);
  });
  await Promise.race([work, dying.ended]);
  env.faults.setPlan({});
  return world;
}

/**
 * Every operation of a compaction fails once, in each way. Whatever the struck process left behind:
 * the answers are right at once, and again after another process has compacted in full, and that
 * one gets everything done.
 */
export async function strikeCompaction(
  name: string,
  prepare: (env: SimulatedEnv) => Promise<World>,
  act: (env: SimulatedEnv, world: World) => Promise<unknown> = (env) => compact(env),
): Promise<void> {
  const scenario: FaultScenario<World> = {
    name,
    prepare,
    act: async (env, world) => {
      await act(env, world);
    },
    async check(env, world) {
      await checkAnswers(env, world);
      await compact(env);
      const { entries, tailObjects, catalog } = await checkAnswers(env, world);
      expect(tailObjects).toBe(0);
      const { firstDay } = catalog.retention;
      expect(entries.every(({ day }) => firstDay === null || day >= firstDay)).toBe(true);
      const shardDays = new Map<string, (typeof entries)[number][]>();
      for (const entry of entries) {
        const key = `${entry.shard}/${entry.day}`;
        shardDays.set(key, [...(shardDays.get(key) ?? []), entry]);
      }
      for (const files of shardDays.values()) expect(isSettled(runsOf(files))).toBe(true);
    },
  };
  for (const seed of seeds) {
    const { skipped } = await faultPoints({ ...scenario, seed });
    expect(skipped).toBe(0);
  }
}
