import type { Query } from "@shale/model";
import { askCommand } from "./ask-command.ts";
import { collectCommand, compactCommand, flushCommand } from "./compaction-commands.ts";
import { goOnReadingCommand, holdCommand } from "./held-commands.ts";
import { restartCommand, resumeCommand, stepClockCommand } from "./process-commands.ts";
import { deleteUserCommand } from "./removal-commands.ts";
import type { ProcessCommand, StoreCommand } from "./store-command.ts";
import { storeCommand } from "./store-command.ts";
import { struckCommand, togetherCommand } from "./struck-command.ts";

/** Longer than the leases of claims and the grace of condemned objects. */
const HOUR_AND_MORE_MS = 3_700_000;

/** Commands that chance alone would seldom bring together, one after the other. */
export function inTurn(text: string, steps: readonly StoreCommand[]): StoreCommand {
  return storeCommand(text, async ({ model, system }) => {
    for (const step of steps) await step.run(model, system);
  });
}

/** Compacts and removes all that may go: one collect condemns, the next one deletes. */
function tidySteps(seat: number): StoreCommand[] {
  const collect = collectCommand(seat, { graceMs: 0, dryRun: false });
  return [compactCommand(seat, "full"), collect, collect];
}

/**
 * One process is stopped in the middle of a compact or collect. Another one compacts and collects,
 * after an hour or at once; then the first one goes on.
 */
export function overtakenCommand(draft: {
  readonly slow: number;
  readonly quick: number;
  readonly what: "compact" | "collect";
  readonly at: number;
  readonly after: "an hour" | "no time";
}): StoreCommand {
  const { slow, quick, what, at, after } = draft;
  const collect = { graceMs: 0, dryRun: false };
  const begun = what === "compact" ? compactCommand(slow, "full") : collectCommand(slow, collect);
  const overtaken = `process ${slow} stops before operation ${at} of its ${what} and is overtaken`;
  return inTurn(`${overtaken} by process ${quick} after ${after}`, [
    struckCommand(begun, { at, fault: { kind: "pause" } }),
    ...(after === "an hour" ? [stepClockCommand(HOUR_AND_MORE_MS)] : []),
    ...tidySteps(quick),
    resumeCommand(),
  ]);
}

/** A user is deleted, and its rows are removed, so that its tombstone may retire. */
export function removedUserCommand(seat: number, userId: string): StoreCommand {
  return inTurn(`process ${seat}: delete user ${JSON.stringify(userId)} and remove its rows`, [
    deleteUserCommand(seat, userId),
    ...tidySteps(seat),
    ...tidySteps(seat),
  ]);
}

/**
 * What a reader has begun to read, with nothing of it in memory, is merged with later rows and
 * collected by another process.
 */
export function readAcrossCommand(draft: {
  readonly reader: number;
  readonly append: ProcessCommand;
  readonly what: "events" | "snapshot" | "timeline";
  readonly queries: readonly Query[];
  readonly userId: string;
}): StoreCommand {
  const { reader, append, what, queries, userId } = draft;
  const tidier = append.seat;
  const text = `process ${reader} reads ${what} while process ${tidier} compacts and collects`;
  return inTurn(`${text} after ${String(append)}`, [
    flushCommand(tidier),
    restartCommand(reader, "close"),
    holdCommand({ seat: reader, asker: tidier, what, queries, userId }),
    append,
    ...tidySteps(tidier),
    goOnReadingCommand(),
  ]);
}

/** Rows leave the memory of a process while it is asked. */
export function askWhileFlushingCommand(
  append: ProcessCommand,
  queries: readonly Query[],
): StoreCommand {
  const { seat } = append;
  const ask = askCommand(seat, queries);
  const text = `process ${seat} is asked while it flushes after ${String(append)}`;
  return inTurn(text, [append, togetherCommand([flushCommand(seat), ask, ask])]);
}
