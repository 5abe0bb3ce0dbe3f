import type { Query } from "@shale/model";
import { askProcess } from "../world/check-answers.ts";
import { processAt } from "../world/running-process.ts";
import type { ProcessCommand } from "./store-command.ts";
import { processCommand } from "./store-command.ts";

/** Asks a process; every answer must be that of the reference. */
export function askCommand(seat: number, queries: readonly Query[]): ProcessCommand {
  return processCommand(seat, `ask ${JSON.stringify(queries)}`, async (run) => {
    const running = await processAt(run, seat);
    if (running !== undefined) await askProcess(run, running, queries);
  });
}
