import type { Query } from "@shale/model";
import type * as FastCheck from "fast-check";
import { arbitraryFaults } from "../arbitraries/arbitrary-faults.ts";
import { loadFastCheck } from "../arbitraries/fast-check-package.ts";
import type { FaultPlan } from "../simulation/fault-plan.ts";
import type { Checks } from "../world/store-system.ts";
import { collectCommand, compactTogetherCommand, flushCommand } from "./compaction-commands.ts";
import type { StoreCommand } from "./store-command.ts";
import { arbitraryAppend, arbitraryQueries, storeCommands } from "./store-commands.ts";

/** Where rows lie when the commands of a seed begin. */
export const physicalStates = [
  "tail only",
  "half drained",
  "drained",
  "merged",
  "collected",
] as const;
export type PhysicalState = (typeof physicalStates)[number];

const SHARDS = [1, 7, 64];
const WORKERS = [1, 2, 5];
const EXECUTORS = [1, 2, 5];

/**
 * What is not drawn: 45 seeds in a row have every combination of shards, workers and state once,
 * and 135 each of them with every number of executors.
 */
export interface SeededWorld {
  readonly shards: number;
  readonly workers: number;
  /** Executors that share the shards of a query. */
  readonly executors: number;
  readonly state: PhysicalState;
  /** False in three of four seeds: then only commands strike, and every failure is a finding. */
  readonly hasFaults: boolean;
  readonly clockSkewMs: number;
  readonly flushIntervalMs: number | undefined;
  readonly compaction: "background" | "off";
  /** Default "whole". */
  readonly checks?: Checks | undefined;
}

/** Everything that happens in the run of one seed. */
export interface SeededRun {
  readonly before: readonly StoreCommand[];
  readonly commands: Iterable<StoreCommand>;
  readonly faults: FaultPlan;
  readonly queries: readonly Query[];
}

function entryOf<T>(list: readonly T[], index: number): T {
  return list[index % list.length] as T; // Lists here are not empty.
}

export function seededWorldOf(seed: number): SeededWorld {
  return {
    shards: entryOf(SHARDS, seed),
    workers: entryOf(WORKERS, Math.floor(seed / 3)),
    executors: entryOf(EXECUTORS, seed + Math.floor(seed / 3) + Math.floor(seed / 45)),
    state: entryOf(physicalStates, Math.floor(seed / 9)),
    hasFaults: seed % 4 === 3,
    clockSkewMs: entryOf([0, 0, 0, 1_700, -60_000], seed % 16),
    flushIntervalMs: entryOf([undefined, 1_000], Math.floor(seed / 2)),
    compaction: entryOf(["off", "off", "off", "background"], Math.floor(seed / 5)),
  };
}

/** Commands that bring the rows of some appends into a physical state. */
function commandsTo(
  state: PhysicalState,
  first: readonly StoreCommand[],
  second: readonly StoreCommand[],
): StoreCommand[] {
  // The processes that appended flush: seats 0 to 2.
  const flushed = (appends: readonly StoreCommand[]): StoreCommand[] => [
    ...appends,
    ...[0, 1, 2].map(flushCommand),
  ];
  const compacted = compactTogetherCommand("full");
  const merged = [...flushed(first), compacted, ...flushed(second), compacted];
  switch (state) {
    case "tail only":
      return flushed([...first, ...second]);
    case "half drained":
      return [...flushed(first), compacted, ...flushed(second)];
    case "drained":
      return [...flushed([...first, ...second]), compacted];
    case "merged":
      return merged;
    case "collected":
      return [...merged, collectCommand(0, { graceMs: 0, dryRun: false })];
  }
}

export function arbitraryRun(world: SeededWorld): FastCheck.Arbitrary<SeededRun> {
  const fc = loadFastCheck();
  const appends = fc.array(arbitraryAppend({}), { maxLength: 2, size: "max" });
  return fc.record({
    before: fc
      .tuple(appends, appends)
      .map(([first, second]) => commandsTo(world.state, first, second)),
    commands: fc.commands(storeCommands(), { maxCommands: 8, size: "max" }),
    faults: world.hasFaults ? arbitraryFaults() : fc.constant<FaultPlan>({}),
    queries: arbitraryQueries({}),
  });
}
