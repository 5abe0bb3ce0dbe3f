import { invariant } from "@shale/model";
import type { IAsyncProperty, RunDetails } from "fast-check";
import { loadFastCheck } from "../arbitraries/fast-check-package.ts";
import { arbitraryReshardRun, reshardWorldOf } from "../reshard/seeded-reshard.ts";
import type { TraceEntry } from "../simulation/faults.ts";
import type { StoreSystem } from "../world/store-system.ts";
import { runStoreCommands } from "./run-store-commands.ts";
import type { SeededRun } from "./seeded-run.ts";
import { arbitraryRun, seededWorldOf } from "./seeded-run.ts";

/** What the commands of seeds are about. */
export interface SeedOptions {
  /** True: changes of the number of shards; false (the default): everything else. */
  readonly reshard?: boolean | undefined;
}

export interface ReplayOptions extends SeedOptions {
  /** Where the trace goes, line by line; default console.log. */
  readonly print?: ((line: string) => void) | undefined;
}
export interface Replayed {
  readonly seed: number;
  /** Every command as it began, with the number of operations before it. */
  readonly steps: StoreSystem["steps"];
  /** Every operation as it ended. */
  readonly trace: readonly TraceEntry[];
  /** What was found wrong; undefined when nothing was. */
  readonly finding: unknown;
}

/** The property of one seed; `note` gets the world of each run of it. */
function propertyOf(
  seed: number,
  { reshard = false }: SeedOptions,
  note: (system: StoreSystem) => void,
): IAsyncProperty<[SeededRun]> {
  const world = reshard ? reshardWorldOf(seed) : seededWorldOf(seed);
  const drawn = reshard ? arbitraryReshardRun(seed) : arbitraryRun(seededWorldOf(seed));
  return loadFastCheck().asyncProperty(drawn, async (run) => {
    await runStoreCommands(run.commands, { ...world, ...run, seed, note });
  });
}

/**
 * Runs the commands and faults of one seed, once, and prints what happened: commands, and every
 * operation with its outcome. The same seed gives the same trace.
 *
 * @throws {ShaleError} PACKAGE_MISSING without fast-check
 */
export async function replay(seed: number, options: ReplayOptions = {}): Promise<Replayed> {
  const fc = loadFastCheck();
  const print = options.print ?? console.log;
  let system: StoreSystem | undefined;
  const property = propertyOf(seed, options, (made) => {
    system = made;
  });
  const details = await fc.check(property, { seed, numRuns: 1, endOnFailure: true });
  const finding = details.failed ? (details.errorInstance ?? "it was interrupted") : undefined;
  const steps = system?.steps ?? [];
  const trace = system?.world.faults.trace ?? [];
  const world = options.reshard === true ? reshardWorldOf(seed) : seededWorldOf(seed);
  print(`seed ${seed}: ${JSON.stringify(world)}`);
  for (const line of linesOf(steps, trace)) print(line);
  print(finding === undefined ? "nothing is wrong" : `wrong: ${String(finding)}`);
  return { seed, steps, trace, finding };
}

function* linesOf(
  steps: StoreSystem["steps"],
  trace: readonly TraceEntry[],
): Generator<string, void> {
  const entries = [...trace].sort((a, b) => a.index - b.index);
  let next = 0;
  for (const [place, { text }] of steps.entries()) {
    yield `> ${text}`;
    const end = steps[place + 1]?.operations ?? Infinity;
    for (let entry = entries[next]; entry !== undefined && entry.index <= end; ) {
      const { index, process, where, what, key, outcome } = entry;
      yield `  ${index} process ${process} ${where} ${what} ${key}: ${outcome}`;
      entry = entries[++next];
    }
  }
}

/**
 * Runs the commands and faults of one seed. When something is wrong, looks for fewer commands,
 * users and events that are wrong too, and throws with both: the seed is all that a replay needs.
 */
export async function checkSeed(seed: number, options: SeedOptions = {}): Promise<StoreSystem> {
  const fc = loadFastCheck();
  let system: StoreSystem | undefined;
  const property = propertyOf(seed, options, (made) => {
    system = made;
  });
  const details = await fc.check(property, { seed, numRuns: 1 });
  if (details.failed) throw findingOf(seed, options, details);
  invariant(system !== undefined, `seed ${seed} has run`);
  return system;
}

function findingOf(
  seed: number,
  { reshard = false }: SeedOptions,
  details: RunDetails<[SeededRun]>,
): Error {
  const run = details.counterexample?.[0];
  const shrunk = run && {
    before: run.before.map(String),
    commands: String(run.commands),
    faults: run.faults,
  };
  return new Error(
    `Seed ${seed} found: ${String(details.errorInstance)}\n` +
      `with ${JSON.stringify(shrunk, undefined, 2)}\nReplay it with replay(${seed}${reshard ? ", { reshard: true }" : ""})`,
    { cause: details.errorInstance },
  );
}
