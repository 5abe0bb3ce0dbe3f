import type { Query } from "@shale/model";
import { collectCommand } from "../commands/compaction-commands.ts";
import type { StoreCommand } from "../commands/store-command.ts";
import type { CommandRun } from "../world/running-process.ts";
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
const STEPS_MAX = 4;
/** Longer than work pins of the dead count. */
const PINS_GONE_MS = 700_000;

/** Brings what is under way to an end, once nothing fails any more; nothing of it may be left. */
export async function settleReshard(
  run: CommandRun,
  seat: number,
  queries: readonly Query[],
): Promise<void> {
  const catalog = await peekCatalog(run);
  if (catalog === undefined || catalog.transitions.length === 0) return;
  const { begun } = run.system.world.faults;
  const ending = ENDINGS[begun.length % ENDINGS.length] ?? "abort";
  // A copied spec is compared before it goes.
  for (let count = 0; count < STEPS_MAX; count++) {
    await run.system.world.faults.clock.sleep(300_000); // Clocks may have been put back.
    const steps = stepsFrom(seat, await peekCatalog(run), ending);
    for (const step of steps) await step.run(run.model, run.system);
  }
  const end = await peekCatalog(run);
  if (end?.operation !== null) throw new Error(`The reshard stays ${end?.operation.state}`);
  await checkSpecs(run, seat, { queries });
  await run.system.world.faults.clock.sleep(PINS_GONE_MS);
  const collect = collectCommand(seat, { graceMs: 0, dryRun: false });
  for (let count = 0; count < 2; count++) await collect.run(run.model, run.system);
  await checkFiles(run, { isCollected: true });
}

/** The last thing that happens to a change: drawn from how many operations there were. */
type Ending = "abort" | "collect" | "roll back";
const ENDINGS: readonly Ending[] = ["abort", "collect", "roll back"];

function stepsFrom(
  seat: number,
  catalog: Awaited<ReturnType<typeof peekCatalog>>,
  ending: Ending,
): readonly StoreCommand[] {
  const operation = catalog?.operation;
  const validated = [
    ...[pauseBackfillCommand(seat, "resume"), backfillCommand(seat)],
    ...[validateCommand(seat, true), compareFilesCommand()],
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
