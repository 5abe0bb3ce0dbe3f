import type * as FastCheck from "fast-check";
import { loadFastCheck } from "../arbitraries/fast-check-package.ts";
import { collectCommand, compactCommand, flushCommand } from "../commands/compaction-commands.ts";
import { resumeCommand, stepClockCommand } from "../commands/process-commands.ts";
import { deleteUserCommand } from "../commands/removal-commands.ts";
import { inTurn } from "../commands/schedules.ts";
import type { ProcessCommand, StoreCommand } from "../commands/store-command.ts";
import type { Strike } from "../commands/struck-command.ts";
import { struckCommand, togetherCommand } from "../commands/struck-command.ts";
import {
  fallBehindCommand,
  fullDiskCommand,
  fullDiskDrainCommand,
  missedRowsCommand,
} from "./behind-commands.ts";
import { neighbourCommand } from "./neighbour.ts";
import { readAcrossStepsCommand } from "./read-across.ts";
import type { BeginDraft } from "./reshard-commands.ts";
import {
  abortReshardCommand,
  backfillCommand,
  beginReshardCommand,
  checkSpecsCommand,
  collectReshardCommand,
  finalizeCommand,
  goOnReshardCommand,
  pauseBackfillCommand,
  rollbackCommand,
  validateCommand,
} from "./reshard-commands.ts";

type Arbitrary<T> = FastCheck.Arbitrary<T>;

/** Few and many, with and without a common divisor, in one group, two and three. */
const SHARDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 64, 65, 130];
/** Longer than the leases of claims, of work pins, and of condemned objects. */
const HOUR_AND_MORE_MS = 3_700_000;

export function arbitraryBegin(): Arbitrary<BeginDraft> {
  const fc = loadFastCheck();
  return fc.record({
    shards: fc.constantFrom(...SHARDS),
    strategy: fc.constantFrom("tee", "tee", "chunked"),
    horizonDays: fc.constantFrom(0, 1, 2, 7),
  });
}

function arbitrarySeat(): Arbitrary<number> {
  return loadFastCheck().constantFrom(0, 1, 0, 2);
}

/** One step of a change of the number of shards, in or out of its turn. */
export function arbitraryReshardStep(): Arbitrary<ProcessCommand> {
  const fc = loadFastCheck();
  const seat = arbitrarySeat();
  const goOn = fc.tuple(seat, arbitraryBegin()).map(([at, draft]) => goOnReshardCommand(at, draft));
  const begin = fc
    .tuple(seat, arbitraryBegin())
    .map(([at, draft]) => beginReshardCommand(at, draft));
  const backfill = fc
    .tuple(seat, fc.constantFrom(undefined, undefined, 1, 2, 3))
    .map(([at, stopAfter]) => backfillCommand(at, { stopAfter }));
  const finalize = fc
    .tuple(seat, fc.constantFrom("last", "last", "stale", "foreign"))
    .map(([at, token]) => finalizeCommand(at, token));
  return fc.oneof(
    { weight: 6, arbitrary: goOn },
    { weight: 2, arbitrary: begin },
    { weight: 4, arbitrary: backfill },
    { weight: 2, arbitrary: finalize },
    {
      weight: 2,
      arbitrary: fc.tuple(seat, fc.boolean()).map(([at, full]) => validateCommand(at, full)),
    },
    { weight: 2, arbitrary: seat.map(rollbackCommand) },
    { weight: 1, arbitrary: seat.map(abortReshardCommand) },
    { weight: 1, arbitrary: seat.map(collectReshardCommand) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(seat, fc.constantFrom("pause", "resume", "resume"))
        .map(([at, what]) => pauseBackfillCommand(at, what)),
    },
  );
}

/** What happens to a process in the middle of a step: it takes more operations than others. */
function arbitraryStrike(): Arbitrary<Strike> {
  const fc = loadFastCheck();
  return fc.record({
    at: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 160 })),
    fault: fc.oneof(
      fc.record({
        kind: fc.constant("crash" as const),
        when: fc.constantFrom("before", "after"),
        power: fc.constantFrom(undefined, true),
      }),
      fc.record({ kind: fc.constantFrom("before", "after", "pause", "full") }),
      fc.record({ kind: fc.constant("late" as const), operations: fc.nat({ max: 20 }) }),
      fc.record({ kind: fc.constant("delay" as const), ms: fc.constantFrom(20, 120_000) }),
    ),
  });
}

/**
 * A process is stopped in the middle of a step, others go on with the change and with the store,
 * at once or after an hour; then the first one goes on with what it was doing.
 */
function arbitraryOvertaken(other: Arbitrary<ProcessCommand>): Arbitrary<StoreCommand> {
  const fc = loadFastCheck();
  return fc
    .record({
      slow: fc.oneof(arbitraryReshardStep(), other),
      at: fc.integer({ min: 1, max: 120 }),
      waits: fc.boolean(),
      meanwhile: fc.array(fc.oneof(arbitraryReshardStep(), other), { minLength: 1, maxLength: 3 }),
    })
    .map(({ slow, at, waits, meanwhile }) =>
      inTurn(`process ${slow.seat} is overtaken: ${String(slow)}; ${meanwhile.map(String)}`, [
        struckCommand(slow, { at, fault: { kind: "pause" } }),
        ...(waits ? [stepClockCommand(HOUR_AND_MORE_MS)] : []),
        ...meanwhile,
        resumeCommand(),
      ]),
    );
}

/** Specs that fall behind, with rows that go past them and without. */
function arbitraryBehind(append: Arbitrary<ProcessCommand>): Arbitrary<StoreCommand> {
  const fc = loadFastCheck();
  const seat = arbitrarySeat();
  const alone: Arbitrary<StoreCommand> = fc.oneof(
    seat.map(fallBehindCommand),
    fc.tuple(seat, arbitraryBegin()).map(([at, draft]) => fullDiskCommand(at, draft)),
  );
  return fc.oneof(
    alone,
    append.map(fullDiskDrainCommand),
    fc.tuple(append, seat).map(([one, copier]) => missedRowsCommand(one, copier)),
  );
}

/** Readings that are open while others go on with a change. */
function arbitraryReadAcross(userIds: readonly string[]): Arbitrary<StoreCommand> {
  const fc = loadFastCheck();
  return fc
    .record({
      reader: fc.constantFrom(3, 4),
      what: fc.constantFrom("events", "events", "snapshot", "timeline"),
      userId: fc.constantFrom(...userIds),
      steps: fc.array(arbitraryReshardStep(), { minLength: 1, maxLength: 3 }),
    })
    .map(readAcrossStepsCommand);
}

/** Commands that change the number of shards, alone, struck, and beside others. */
export function arbitraryReshards(
  append: Arbitrary<ProcessCommand>,
  other: Arbitrary<ProcessCommand>,
  userIds: readonly string[],
): Arbitrary<StoreCommand>[] {
  const fc = loadFastCheck();
  const seat = arbitrarySeat();
  const step = arbitraryReshardStep();
  const struck = fc
    .tuple(step, arbitraryStrike())
    .map(([command, strike]) => struckCommand(command, strike));
  const struckTwice = fc
    .tuple(step, arbitraryStrike(), arbitraryStrike())
    .map(([command, first, second]) =>
      inTurn("struck twice in a row", [
        struckCommand(command, first),
        struckCommand(command, second),
      ]),
    );
  const together = fc
    .array(fc.oneof(step, step, other, struck), { minLength: 2, maxLength: 3 })
    .map(togetherCommand);
  const copiers = fc
    .constantFrom([0, 1], [0, 2], [0, 1, 2])
    .map((seats) => togetherCommand(seats.map((at) => backfillCommand(at))));
  // An append beside a deletion may come before it or after it; steps append nothing.
  const removal = fc
    .tuple(
      arbitraryRemoval(userIds),
      fc.array(fc.oneof(step, struck), { minLength: 1, maxLength: 2 }),
    )
    .map(([deletion, steps]) => togetherCommand([deletion, ...steps]));
  const neighbour = seat.map(neighbourCommand);
  const beside = fc
    .tuple(neighbour, fc.oneof(step, struck))
    .map(([one, another]) => togetherCommand([one, another]));
  return [
    ...[step, step, step, step, struck, struckTwice, together, together],
    ...[
      copiers,
      arbitraryBehind(append),
      arbitraryBehind(append),
      arbitraryReadAcross(userIds),
      fc.oneof(neighbour, beside),
      removal,
      arbitraryOvertaken(fc.oneof(other, arbitraryRemoval(userIds))),
      seat.map(checkSpecsCommand),
    ],
  ];
}

/** Small commands that go on beside a change. */
export function arbitraryBeside(append: Arbitrary<ProcessCommand>): Arbitrary<ProcessCommand> {
  const fc = loadFastCheck();
  const seat = arbitrarySeat();
  return fc.oneof(
    append,
    seat.map(flushCommand),
    seat.map((at) => compactCommand(at, "full")),
    seat.map((at) => collectCommand(at, { graceMs: 0, dryRun: false })),
  );
}

export function arbitraryRemoval(userIds: readonly string[]): Arbitrary<ProcessCommand> {
  const fc = loadFastCheck();
  return fc
    .tuple(arbitrarySeat(), fc.constantFrom(...userIds))
    .map(([at, user]) => deleteUserCommand(at, user));
}
