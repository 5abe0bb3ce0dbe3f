import type { Fault } from "../simulation/fault-plan.ts";
import { processAt } from "../world/running-process.ts";
import type { ProcessCommand, StoreCommand } from "./store-command.ts";
import { processCommand, storeCommand } from "./store-command.ts";

export interface Strike {
  /** 1-based number of the operation of the process that is struck. */
  readonly at: number;
  readonly fault: Fault;
}

/** A command, and what happens to the process in the middle of it. */
export function struckCommand(command: ProcessCommand, strike: Strike): ProcessCommand {
  const text = `${String(command)}, struck: ${JSON.stringify(strike)}`;
  return processCommand(command.seat, text, async (run) => {
    const { system, model } = run;
    const running = await processAt(run, command.seat);
    if (running === undefined) return;
    const process = running.env.position;
    const takeAway = system.world.faults.addRule({ ...strike, process });
    system.strikes++;
    system.wasStruck = true;
    running.isStruck = true;
    system.disturbances++;
    if (strike.fault.kind === "pause") system.lapses++;
    try {
      await command.run(model, system);
    } finally {
      takeAway();
      system.strikes--;
    }
  });
}

/** Commands of different processes, all begun at once. */
export function togetherCommand(commands: readonly ProcessCommand[]): StoreCommand {
  const text = commands.map(String).join(" while ");
  return storeCommand(text, async ({ model, system }) => {
    const outcomes = await Promise.allSettled(
      commands.map((command) => Promise.resolve(command.run(model, system))),
    );
    for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
  });
}
