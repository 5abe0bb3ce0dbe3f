import type { Query } from "@shale/model";
import { collectCommand } from "../commands/compaction-commands.ts";
import type { StoreCommand } from "../commands/store-command.ts";
import type { CommandRun } from "../world/running-process.ts";
import { noteReached } from "../world/store-system.ts";
import { checkFiles } from "./check-files.ts";
import { checkSpecs } from "./check-specs.ts";
import { peekCatalog } from "./peek-catalog.ts";
import {
  abortReshardCommand,
  backfillCommand,
  collectReshardCommand,
  finalizeCommand,
  pauseBackfillCommand,
  rollbackCommand,
  validateCommand,
} from "./reshard-commands.ts";

/** Turns that any change comes to its end in. */
const TURNS_MAX = 4;
/** Longer than claims of the dead count, and than clocks are put back. */
const CLAIMS_GONE_MS = 300_000;
/** Longer than work pins of the dead count. */
const PINS_GONE_MS = 700_000;

/** Brings what is under way to an end, once nothing fails any more; nothing of it may be left. */
export async function settleReshard(
  run: CommandRun,
  seat: number,
  queries: readonly Query[],
): Promise<void> {
  const { system } = run;
  const catalog = await peekCatalog(run);
  if (catalog === undefined || catalog.transitions.length === 0) return;
  if (catalog.operation !== null) await leadToEnd(run, seat);
  await checkSpecs(run, seat, { queries });
  if (system.checks === "short") return await checkFiles(run, { isCollected: false });
  await system.world.faults.clock.sleep(PINS_GONE_MS);
  const collect = collectCommand(seat, { graceMs: 0, dryRun: false });
  for (let count = 0; count < 2; count++) await collect.run(run.model, system);
  await checkFiles(run, { isCollected: true });
}

/** With one process and no fault, a bounded number of calls ends a change, and none of them fails. */
async function leadToEnd(run: CommandRun, seat: number): Promise<void> {
  const { faults } = run.system.world;
  const ending = ENDINGS[faults.begun.length % ENDINGS.length] ?? "abort";
  for (let turns = 1; turns <= TURNS_MAX; turns++) {
    // Clocks may have been put back, and what the dead have claimed counts for a while.
    if (turns > 1 || hasLeft(run)) await faults.clock.sleep(CLAIMS_GONE_MS);
    const steps = stepsFrom(seat, await peekCatalog(run), {
      ending,
      isFull: run.system.checks === "whole",
    });
    for (const step of steps) await step.run(run.model, run.system);
    const catalog = await peekCatalog(run);
    if (catalog?.operation !== null) continue;
    noteReached(run.system, `a change was led to its end: ${ending}`);
    return;
  }
  const left = (await peekCatalog(run))?.operation;
  throw new Error(`The reshard stays ${left?.state} after ${TURNS_MAX} turns`);
}

/** Something of processes that are gone may stand in the way, for a time. */
function hasLeft({ model, system }: CommandRun): boolean {
  return model.areClocksApart || system.lapses > 0 || system.wasStruck;
}

/** The last thing that happens to a change: drawn from how many operations there were. */
type Ending = "abort" | "collect" | "roll back";
const ENDINGS: readonly Ending[] = ["abort", "collect", "roll back"];

function stepsFrom(
  seat: number,
  catalog: Awaited<ReturnType<typeof peekCatalog>>,
  { ending, isFull }: { readonly ending: Ending; readonly isFull: boolean },
): readonly StoreCommand[] {
  const operation = catalog?.operation;
  const validated = [
    ...[pauseBackfillCommand(seat, "resume"), backfillCommand(seat)],
    validateCommand(seat, isFull),
    ...(isFull ? [compareFilesCommand()] : []),
  ];
  switch (operation?.state) {
    case undefined:
      return [];
    case "copying":
    case "teeing":
    case "backfilling":
      return validated;
    case "validating": {
      const end = ending === "abort" ? abortReshardCommand(seat) : finalizeCommand(seat, "last");
      const isReady = operation.token !== null && catalog?.behind.length === 0;
      return isReady ? [end] : [...validated, end];
    }
    case "finalized": {
      const mayGoBack = ending === "roll back" && !operation.sourceMissed;
      return mayGoBack
        ? [rollbackCommand(seat), abortReshardCommand(seat)]
        : [collectReshardCommand(seat)];
    }
    case "aborting":
      return [abortReshardCommand(seat)];
  }
}

function compareFilesCommand(): StoreCommand {
  return {
    check: () => true,
    run: (model, system) => checkFiles({ model, system }, { isCollected: false }),
    toString: () => "every day file is read",
  };
}
