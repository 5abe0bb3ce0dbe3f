import type * as FastCheck from "fast-check";
import { arbitraryFaults } from "../arbitraries/arbitrary-faults.ts";
import { loadFastCheck } from "../arbitraries/fast-check-package.ts";
import { compactCommand, flushCommand } from "../commands/compaction-commands.ts";
import { killCommand, restartCommand, stepClockCommand } from "../commands/process-commands.ts";
import { retentionCommand } from "../commands/removal-commands.ts";
import type { SeededRun, SeededWorld } from "../commands/seeded-run.ts";
import type { StoreCommand } from "../commands/store-command.ts";
import { arbitraryAppend } from "../commands/store-commands.ts";
import {
  arbitraryBegin,
  arbitraryBeside,
  arbitraryRemoval,
  arbitraryReshards,
} from "./arbitrary-reshard.ts";
import {
  backfillCommand,
  beginReshardCommand,
  finalizeCommand,
  rollbackCommand,
  validateCommand,
} from "./reshard-commands.ts";

/** How far a change of the number of shards has come when the commands of a seed begin. */
export const reshardStages = [
  "none",
  "begun",
  "copied",
  "validated",
  "finalized",
  "rolled back",
] as const;
export type ReshardStage = (typeof reshardStages)[number];

const FROM = [1, 2, 3, 4, 5, 6, 7, 8, 9, 64, 65];
const USERS = ["u1", "u2"];

/** Seeds up to this one have many commands; of the later ones one row in five. */
const WHOLE_SEEDS = 330;
/** Seeds in a row that have every number of shards at every stage. */
const ROW = 66;
const COMMANDS = { many: 6, few: 2 } as const;

/** Whether the run of a seed has few commands: it looks at one meeting of two, and costs a third less. */
function isBrief(seed: number): boolean {
  return seed > WHOLE_SEEDS && Math.floor(seed / ROW) % 5 !== 0;
}

function entryOf<T>(list: readonly T[], index: number): T {
  return list[index % list.length] as T; // Lists here are not empty.
}

export function reshardWorldOf(seed: number): SeededWorld & { readonly stage: ReshardStage } {
  return {
    shards: entryOf(FROM, seed),
    workers: 2,
    executors: entryOf([0, 0, 1, 0], Math.floor(seed / 11)),
    state: "drained",
    stage: entryOf(reshardStages, Math.floor(seed / 2)),
    hasFaults: seed % 5 === 3,
    clockSkewMs: entryOf([0, 0, 0, 1_700, -60_000], seed % 16),
    flushIntervalMs: entryOf([undefined, undefined, 1_000], Math.floor(seed / 3)),
    compaction: seed % 13 === 4 ? "background" : "off",
    checks: isBrief(seed) ? "short" : entryOf(["short", "whole", "short"], Math.floor(seed / 12)),
  };
}

/** Appends and the steps up to a stage. */
function stepsTo(
  stage: ReshardStage,
  begin: StoreCommand,
  [first, second]: readonly [readonly StoreCommand[], readonly StoreCommand[]],
): StoreCommand[] {
  const flushed = [...first, flushCommand(0), compactCommand(0, "full"), ...second];
  const copied = [...flushed, begin, backfillCommand(0)];
  const validated = [...copied, validateCommand(0, false)];
  const finalized = [...validated, finalizeCommand(0, "last")];
  switch (stage) {
    case "none":
      return flushed;
    case "begun":
      return [...flushed, begin];
    case "copied":
      return copied;
    case "validated":
      return validated;
    case "finalized":
      return finalized;
    case "rolled back":
      return [...finalized, rollbackCommand(0)];
  }
}

export function arbitraryReshardRun(seed: number): FastCheck.Arbitrary<SeededRun> {
  const fc = loadFastCheck();
  const { stage, hasFaults } = reshardWorldOf(seed);
  const append = arbitraryAppend({ events: 3, users: 4, days: 3 });
  const appends = fc.array(append, { minLength: 1, maxLength: 2, size: "max" });
  const beside = arbitraryBeside(append);
  const seat = fc.constantFrom(0, 1, 0, 2);
  const life = fc.oneof(
    fc
      .tuple(seat, fc.constantFrom("close", "kill"))
      .map(([at, how]): StoreCommand => restartCommand(at, how)),
    seat.map(killCommand),
    fc.constantFrom(1_000, 3_700_000, 86_400_000, -1_000, -60_000).map(stepClockCommand),
    fc
      .tuple(seat, fc.constantFrom("3d", "2d", "1d", null))
      .map(([at, keep]) => retentionCommand(at, keep)),
  );
  const commands = fc.commands(
    [
      ...arbitraryReshards(append, beside, USERS),
      append,
      beside,
      beside,
      arbitraryRemoval(USERS),
      life,
    ],
    {
      maxCommands: isBrief(seed) ? COMMANDS.few : COMMANDS.many,
      size: "max",
    },
  );
  return fc.record({
    before: fc
      .tuple(arbitraryBegin(), appends, appends)
      .map(([draft, first, second]) =>
        stepsTo(stage, beginReshardCommand(0, draft), [first, second]),
      ),
    commands,
    faults: hasFaults ? arbitraryFaults() : fc.constant({}),
    queries: fc.constant([]),
  });
}
