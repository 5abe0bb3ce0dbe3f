import { goOnReadingCommand, holdCommand } from "../commands/held-commands.ts";
import { inTurn } from "../commands/schedules.ts";
import type { ProcessCommand, StoreCommand } from "../commands/store-command.ts";
import { storeCommand } from "../commands/store-command.ts";
import { noteReached } from "../world/store-system.ts";

/** One process reads, and goes on reading while others go on with a change of the shards (I4). */
export function readAcrossStepsCommand(draft: {
  readonly reader: number;
  readonly what: "events" | "snapshot" | "timeline";
  readonly userId: string;
  readonly steps: readonly ProcessCommand[];
}): StoreCommand {
  const { reader, what, userId, steps } = draft;
  const text = `process ${reader} reads ${what} across ${steps.map(String).join(" and ")}`;
  return inTurn(text, [
    holdCommand({ seat: reader, what, userId, queries: [] }),
    ...steps.flatMap((step) => [step, goOnReadingCommand(), countHeld(what)]),
  ]);
}

/** Counts the readings that were still open after a step, and right. */
function countHeld(what: string): StoreCommand {
  return storeCommand("readings are counted", async ({ system }) => {
    if (system.held.length > 0) noteReached(system, `${what} read across a step`);
  });
}
