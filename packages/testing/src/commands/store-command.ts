import type { AsyncCommand } from "fast-check";
import type { CommandRun } from "../world/running-process.ts";
import type { StoreModel } from "../world/store-model.ts";
import type { StoreSystem } from "../world/store-system.ts";

/** For `fc.commands`: something that a process, an operator or the world does. */
export type StoreCommand = AsyncCommand<StoreModel, StoreSystem>;

/** A command that one process carries out. */
export interface ProcessCommand extends StoreCommand {
  readonly seat: number;
}

export function storeCommand(text: string, act: (run: CommandRun) => Promise<void>): StoreCommand {
  return {
    check: () => true,
    async run(model, system) {
      system.steps.push({ text, operations: system.world.faults.begun.length });
      await act({ model, system });
      if (system.finding !== undefined) throw system.finding;
    },
    toString: () => text,
  };
}

export function processCommand(
  seat: number,
  text: string,
  act: (run: CommandRun) => Promise<void>,
): ProcessCommand {
  return { ...storeCommand(`process ${seat}: ${text}`, act), seat };
}
