import type { SimulatedEnv } from "@shale/testing";
import { expect, test } from "vitest";
import { isLong } from "./engine-process.test-support.ts";
import { runSimulation } from "./simulated-run.test-support.ts";

const onlySeed = process.env["SHALE_SEED"];
const seeds =
  onlySeed === undefined
    ? Array.from({ length: isLong ? 3_000 : 42 }, (_, index) => index + 1)
    : [Number(onlySeed)];
/** For slow machines: nothing here is about speed. */
const TIMEOUT_MS = isLong ? 7_200_000 : 600_000;

async function runSeed(seed: number): Promise<SimulatedEnv> {
  try {
    return await runSimulation(seed);
  } catch (cause) {
    const replay = `SHALE_SEED=${seed} npx vitest run packages/testing/test/simulated-runs.test.ts`;
    throw new Error(`Seed ${seed} found: ${String(cause)}\nReplay it with: ${replay}`, { cause });
  }
}

test(
  "processes that fail, stop, die and lose their power keep every acknowledged event once",
  async () => {
    const outcomes = new Map<string, number>();
    for (const seed of seeds) {
      const { faults } = await runSeed(seed);
      for (const { outcome } of faults.trace) {
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      }
    }
    if (onlySeed !== undefined) return;
    // The runs reach what they are for.
    for (const outcome of ["failed before", "reply lost, written", "landed late, written"]) {
      expect(outcomes.get(outcome) ?? 0, outcome).toBeGreaterThan(10);
    }
  },
  TIMEOUT_MS,
);

test(
  "a seed that runs twice leaves the same trace",
  async () => {
    for (const seed of [1, 2, 3]) {
      const [first, second] = [await runSeed(seed), await runSeed(seed)];
      expect(first.faults.trace.length).toBeGreaterThan(100);
      expect(second.faults.trace).toEqual(first.faults.trace);
    }
  },
  TIMEOUT_MS,
);
