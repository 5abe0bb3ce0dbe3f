import type { Query } from "@shale/model";
import { loadFastCheck } from "../arbitraries/fast-check-package.ts";
import { checkNeighbour } from "../reshard/neighbour.ts";
import { settleReshard } from "../reshard/settle-reshard.ts";
import { askProcess } from "../world/check-answers.ts";
import type { CommandRun } from "../world/running-process.ts";
import { callOf, endSeat, processAt, seatAt, tolerate } from "../world/running-process.ts";
import { createStoreModel, noteFlushed } from "../world/store-model.ts";
import type { RunningProcess, StoreSystem, StoreWorldOptions } from "../world/store-system.ts";
import { createStoreSystem, isCalm } from "../world/store-system.ts";
import { compactAt, verifyAt } from "./compaction-commands.ts";
import type { StoreCommand } from "./store-command.ts";

export interface StoreRunOptions extends StoreWorldOptions {
  /** Carried out before any fault comes. */
  readonly before?: readonly StoreCommand[] | undefined;
  /** Gets the world before anything happens in it. */
  readonly note?: ((system: StoreSystem) => void) | undefined;
  /** Asked of every process in the end; default: the totals and all events. */
  readonly queries?: readonly Query[] | undefined;
}

/** Simulated time that goes by before processes are closed: longer than a fault delays a call. */
const SETTLE_MS = 70_000;

/**
 * Carries out commands in a new world, then lets everything recover, compacts, and asks readers on
 * both machines for every event that was promised. Throws what is found wrong.
 *
 * @throws {ShaleError} PACKAGE_MISSING without fast-check
 */
export async function runStoreCommands(
  commands: Iterable<StoreCommand>,
  options: StoreRunOptions,
): Promise<StoreSystem> {
  const fc = loadFastCheck();
  const { faults, clockSkewMs = 0, queries = [], before = [] } = options;
  // The first process makes the project: faults begin when there is one.
  const system = createStoreSystem({ ...options, faults: {} });
  const model = createStoreModel({ areClocksApart: clockSkewMs !== 0 });
  const run = { model, system };
  options.note?.(system);
  try {
    await processAt(run, 0);
    system.isPreparing = true;
    for (const command of before) await command.run(model, system);
    system.isPreparing = false;
    system.world.faults.setPlan(faults ?? {});
    system.wasStruck = !isCalm(system);
    await fc.asyncModelRun(() => ({ model, real: system }), commands);
    await settle(run, queries);
    return system;
  } finally {
    system.world.endSimulation();
  }
}

const LAST_SEAT = 2;

/** One process of each machine takes over the logs that are left on it; one of them stays. */
async function openLast(run: CommandRun): Promise<RunningProcess> {
  const { system } = run;
  for (const seat of [0, LAST_SEAT]) {
    const running = await processAt(run, seat);
    if (running === undefined) throw new Error("A process cannot open, and nothing makes it fail");
    if (system.checks === "whole") await askProcess(run, running, []);
    if (seat === LAST_SEAT) {
      system.isAlone = true;
      return running;
    }
    running.env.kill();
    endSeat(run, seatAt(system, seat));
  }
  throw new Error("No process is left");
}

/** Faults end, the stopped go on, the dead are replaced; then nothing may be missing. */
async function settle(run: CommandRun, queries: readonly Query[]): Promise<void> {
  const { model, system } = run;
  system.steps.push({ text: "settle", operations: system.world.faults.begun.length });
  system.world.faults.setPlan({});
  for (const { running } of system.seats) running?.env.resume();
  if (system.wasStruck) await system.world.faults.clock.sleep(SETTLE_MS);
  for (const seat of system.seats) {
    const { running } = seat;
    if (running === undefined) continue;
    const outcome = await callOf(running.env, () => running.store.close());
    if (outcome.kind === "done") noteFlushed(model, running.number);
    tolerate(run, running, outcome);
    running.env.kill();
    endSeat(run, seat);
  }
  const last = await openLast(run);
  await settleReshard(run, LAST_SEAT, queries);
  await checkNeighbour(run, last);
  if (system.checks === "whole") {
    await compactAt(run, last, "full");
    await askProcess(run, last, queries);
    await verifyAt(run, last);
  }
  for (const sent of model.appends.values()) {
    if (sent.isPromised && !sent.isShared) throw new Error(`Append ${sent.name} was not shared`);
  }
  if (system.finding !== undefined) throw system.finding;
}
