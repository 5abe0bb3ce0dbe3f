import { checkSeed } from "@shale/testing";
import { isLong } from "./engine-process.test-support.ts";

/** For slow machines: nothing here is about speed. */
export const TIMEOUT_MS = isLong ? 14_400_000 : 900_000;

/** Runs of one half: 45 seeds in a row have every number of shards, workers and physical state. */
const HALF = 45 * (isLong ? 60 : 23);

/** What the runs reached: operations by how they ended, and by what they wrote. */
export interface Reached {
  readonly runs: number;
  readonly outcomes: ReadonlyMap<string, number>;
}

/** Runs the seeds of a half, or only that of `SHALE_SEED`. Throws what the first wrong one found. */
export async function checkSeeds(half: 0 | 1): Promise<Reached> {
  const only = process.env["SHALE_SEED"];
  const first = half * HALF + 1;
  const seeds =
    only === undefined ? Array.from({ length: HALF }, (_, index) => first + index) : [Number(only)];
  const outcomes = new Map<string, number>();
  const count = (name: string): void => void outcomes.set(name, (outcomes.get(name) ?? 0) + 1);
  for (const seed of seeds) {
    const { world } = await checkSeed(seed);
    for (const { key, outcome, what } of world.faults.trace) {
      count(outcome);
      if (what === "put" && outcome === "written" && key.endsWith(".parquet")) count("day file");
      if (what === "delete" && key.endsWith(".parquet")) count("day file deleted");
      if (what === "delete" && key.includes("/tail/")) count("tail object deleted");
    }
  }
  return { runs: seeds.length, outcomes };
}
