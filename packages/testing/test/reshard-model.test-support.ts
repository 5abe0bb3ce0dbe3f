import { checkSeed } from "@shale/testing";
import { isLong } from "./engine-process.test-support.ts";

/** For slow machines: nothing here is about speed. */
export const TIMEOUT_MS = isLong ? 14_400_000 : 1_800_000;

/** Runs of one half: 66 seeds in a row have every number of shards at every stage. */
const HALF = 66 * (isLong ? 60 : 16);

/** Outcomes of operations that faults met. */
const STRUCK = ["failed before", "reply lost, written", "landed late, written", "full"];

/** How often the runs of a half reached what they are for. */
export interface ReachedSteps {
  readonly runs: number;
  readonly counts: ReadonlyMap<string, number>;
}

/** Runs the seeds of a half, or only that of `SHALE_SEED`. Throws what the first wrong one found. */
export async function checkReshardSeeds(half: 0 | 1): Promise<ReachedSteps> {
  const only = process.env["SHALE_SEED"];
  // Later seeds have fewer commands: each half has some of both.
  const rows = Array.from(
    { length: HALF },
    (_, index) => 2 * (index - (index % 66)) + (index % 66),
  );
  const seeds = only === undefined ? rows.map((index) => index + half * 66 + 1) : [Number(only)];
  const counts = new Map<string, number>();
  const count = (name: string): void => void counts.set(name, (counts.get(name) ?? 0) + 1);
  for (const seed of seeds) {
    const { steps, world, reached, checks, compaction } = await checkSeed(seed, { reshard: true });
    for (const { text } of steps) {
      const [name] = /reshard \w+|is overtaken|falls behind/.exec(text) ?? [];
      if (name !== undefined) count(name);
    }
    for (const [name, times] of reached) counts.set(name, (counts.get(name) ?? 0) + times);
    count(`run with ${checks} checks`);
    if (compaction === "background") count("run that compacts in the background");
    for (const { what, key, outcome } of world.faults.trace) {
      if (STRUCK.includes(outcome)) count(outcome);
      if (what === "put" && key.includes("/spec=B/shard=")) count("file of a second spec");
      if (what === "delete" && key.includes("/spec=A/shard="))
        count("file of a first spec deleted");
    }
  }
  const table = [...counts].sort(([a], [b]) => a.localeCompare(b));
  const lines = table.map(([name, times]) => `${String(times).padStart(8)}  ${name}`);
  console.log([`${seeds.length} runs of the reshard model reached:`, ...lines].join("\n"));
  return { runs: seeds.length, counts };
}
