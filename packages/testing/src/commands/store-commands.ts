import type { Query } from "@shale/model";
import type * as FastCheck from "fast-check";
import { arbitraryEvents } from "../arbitraries/arbitrary-events.ts";
import type { ArbitraryQueryKind } from "../arbitraries/arbitrary-query.ts";
import { arbitraryQuery } from "../arbitraries/arbitrary-query.ts";
import type { VocabularyOptions } from "../arbitraries/event-vocabulary.ts";
import { vocabularyOf } from "../arbitraries/event-vocabulary.ts";
import { loadFastCheck } from "../arbitraries/fast-check-package.ts";
import { arbitraryBeside, arbitraryReshards } from "../reshard/arbitrary-reshard.ts";
import type { Fault } from "../simulation/fault-plan.ts";
import { appendCommand } from "./append-command.ts";
import { askCommand } from "./ask-command.ts";
import {
  collectCommand,
  compactCommand,
  compactTogetherCommand,
  flushCommand,
  verifyCommand,
} from "./compaction-commands.ts";
import { goOnReadingCommand, holdCommand } from "./held-commands.ts";
import {
  killCommand,
  losePowerCommand,
  pauseCommand,
  restartCommand,
  resumeCommand,
  stepClockCommand,
  waitCommand,
} from "./process-commands.ts";
import { deleteUserCommand, retentionCommand } from "./removal-commands.ts";
import {
  askWhileFlushingCommand,
  overtakenCommand,
  readAcrossCommand,
  removedUserCommand,
} from "./schedules.ts";
import type { ProcessCommand, StoreCommand } from "./store-command.ts";
import type { Strike } from "./struck-command.ts";
import { struckCommand, togetherCommand } from "./struck-command.ts";

export interface StoreCommandsOptions extends Omit<VocabularyOptions, "from"> {
  /** True: also what changes the number of shards. Default false. */
  readonly reshard?: boolean | undefined;
  /** Most events in one append, default 5. */
  readonly events?: number | undefined;
}

type Check = typeof FastCheck;
type Arbitrary<T> = FastCheck.Arbitrary<T>;

/** Processes of the first machine are asked most; the third lives on the other one. */
function arbitrarySeat(fc: Check): Arbitrary<number> {
  return fc.constantFrom(0, 1, 0, 2);
}

export function arbitraryAppend(options: StoreCommandsOptions): Arbitrary<ProcessCommand> {
  const fc = loadFastCheck();
  return fc
    .record({
      seat: arbitrarySeat(fc),
      events: arbitraryEvents({ ...options, count: options.events ?? 5 }),
      durability: fc.constantFrom("wal", "committed"),
      repeats: fc.option(fc.nat({ max: 5 }), { nil: undefined, freq: 4 }),
    })
    .map(appendCommand);
}

/**
 * The *now* of a query that draws none: two askers must not differ by the time between them. A
 * timeline has no `asOf`, so its filters name no cohorts here, whose windows would end at the clock.
 */
const AS_OF = "2025-10-28";
const KINDS = [
  "segmentation",
  "timeline",
  "funnel",
  "retention",
  "flow",
  "lifecycle",
  "stickiness",
  "users",
] as const satisfies readonly ArbitraryQueryKind[];

export function arbitraryQueries(options: StoreCommandsOptions): Arbitrary<Query[]> {
  const fc = loadFastCheck();
  const queriesWith = (cohorts: boolean): Arbitrary<Query>[] =>
    KINDS.filter((kind) => !cohorts || kind !== "timeline").map(
      (kind): Arbitrary<Query> => arbitraryQuery(kind, { ...options, cohorts }),
    );
  // Cohorts in the filters of one query in five.
  const query = fc
    .oneof(
      { weight: 4, arbitrary: fc.oneof(...queriesWith(false)) },
      { weight: 1, arbitrary: fc.oneof(...queriesWith(true)) },
    )
    .map((drawn): Query => (drawn.kind === "timeline" ? drawn : { asOf: AS_OF, ...drawn }));
  return fc.array(query, { maxLength: 2 });
}

/** What happens to a process in the middle of a command. The first is the plainest. */
function arbitraryStrike(fc: Check): Arbitrary<Strike> {
  const fault: Arbitrary<Fault> = fc.oneof(
    fc.record({
      kind: fc.constant("crash" as const),
      when: fc.constantFrom("before", "after", "torn"),
      power: fc.constantFrom(undefined, true),
    }),
    fc.record({ kind: fc.constantFrom("before", "after", "pause") }),
    fc.record({ kind: fc.constant("late" as const), operations: fc.integer({ min: 1, max: 20 }) }),
    fc.record({ kind: fc.constant("delay" as const), ms: fc.integer({ min: 1, max: 120_000 }) }),
  );
  return fc.record({ at: fc.integer({ min: 1, max: 40 }), fault });
}

/**
 * Commands for `fc.commands`: processes that append, flush, compact, collect, delete, die, stop and
 * are asked, in a world of two machines. Everything they read must be what `referenceStore` says.
 * `runStoreCommands` carries them out. They shrink towards fewer users, events and commands.
 *
 * @throws {ShaleError} PACKAGE_MISSING without fast-check
 */
export function storeCommands(options: StoreCommandsOptions = {}): Arbitrary<StoreCommand>[] {
  const fc = loadFastCheck();
  const append = arbitraryAppend(options);
  const seat = arbitrarySeat(fc);
  const flush = seat.map(flushCommand);
  const ask = fc.tuple(seat, arbitraryQueries(options)).map(([at, asked]) => askCommand(at, asked));
  const compact = fc
    .tuple(seat, fc.constantFrom("full", "due"))
    .map(([at, mode]) => compactCommand(at, mode));
  const collect = arbitraryCollect(fc);
  const userIds = vocabularyOf(options).userIds.filter((userId) => userId !== ""); // Nobody's id.
  const removal = fc.oneof(
    fc.tuple(seat, fc.constantFrom(...userIds)).map(([at, user]) => deleteUserCommand(at, user)),
    fc
      .tuple(seat, fc.constantFrom("3d", "2d", "1d", null))
      .map(([at, keep]) => retentionCommand(at, keep)),
  );
  const read = fc
    .record({
      seat,
      what: fc.constantFrom("events", "snapshot", "timeline"),
      queries: arbitraryQueries(options),
      userId: fc.constantFrom(...vocabularyOf(options).userIds),
    })
    .map(holdCommand);
  const struck = fc
    .tuple(fc.oneof(compact, collect, append, flush, removal), arbitraryStrike(fc))
    .map(([command, strike]) => struckCommand(command, strike));
  const strikable = fc.oneof(compact, append, flush);
  const struckBeside = fc
    .tuple(strikable, arbitraryStrike(fc))
    .map(([command, strike]) => struckCommand(command, strike));
  const together = fc
    .array(fc.oneof(ask, strikable, struckBeside), { minLength: 2, maxLength: 3 })
    .map(togetherCommand);
  const many = fc.constantFrom("full", "due").map(compactTogetherCommand);
  return [
    ...[append, append, flush, ask, compact, many, collect, removal],
    ...[struck, struck, together, read, fc.constant(goOnReadingCommand())],
    ...arbitraryLife(fc, seat),
    ...arbitrarySchedules(fc, options),
    ...(options.reshard === true
      ? arbitraryReshards(append, arbitraryBeside(append), userIds)
      : []),
  ];
}

function arbitraryCollect(fc: Check): Arbitrary<ProcessCommand> {
  return fc
    .record({
      seat: arbitrarySeat(fc),
      graceMs: fc.constantFrom(0, undefined, 60_000),
      dryRun: fc.constantFrom(false, false, true),
    })
    .map(({ seat, ...draft }) => collectCommand(seat, draft));
}

function arbitrarySchedules(fc: Check, options: StoreCommandsOptions): Arbitrary<StoreCommand>[] {
  const { userIds } = vocabularyOf(options);
  const overtaken = fc
    .record({
      slow: fc.constantFrom(0, 2),
      quick: fc.constant(1),
      what: fc.constantFrom("compact", "compact", "collect"),
      at: fc.integer({ min: 1, max: 60 }),
      after: fc.constantFrom("no time", "an hour"),
    })
    .map(overtakenCommand);
  const removed = fc
    .tuple(arbitrarySeat(fc), fc.constantFrom(...userIds.filter((userId) => userId !== "")))
    .map(([at, user]) => removedUserCommand(at, user));
  const readAcross = fc
    .record({
      reader: fc.constantFrom(3, 4),
      append: arbitraryAppend(options),
      what: fc.constantFrom("events", "snapshot", "timeline"),
      queries: arbitraryQueries(options),
      userId: fc.constantFrom(...userIds),
    })
    .map(readAcrossCommand);
  const askWhileFlushing = fc
    .tuple(arbitraryAppend(options), arbitraryQueries(options))
    .map(([append, queries]) => askWhileFlushingCommand(append, queries));
  return [overtaken, removed, readAcross, askWhileFlushing];
}

/** Processes that begin, end and stop, and time that passes. */
function arbitraryLife(fc: Check, seat: Arbitrary<number>): Arbitrary<StoreCommand>[] {
  return [
    fc.oneof(
      fc
        .tuple(seat, fc.constantFrom("close", "kill"))
        .map(([at, how]): StoreCommand => restartCommand(at, how)),
      seat.map(killCommand),
      fc.constantFrom(0, 1).map(losePowerCommand),
    ),
    seat.map(pauseCommand),
    fc.constant(resumeCommand()),
    fc.oneof(
      fc.constantFrom(1_000, 15_000, 60_000).map(waitCommand),
      fc.constantFrom(1_000, 3_700_000, 86_400_000, -1_000, -60_000).map(stepClockCommand),
    ),
    seat.map(verifyCommand),
  ];
}
