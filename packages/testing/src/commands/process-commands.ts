import { callOf, endSeat, processAt, seatAt, tolerate } from "../world/running-process.ts";
import { noteFlushed } from "../world/store-model.ts";
import type { ProcessCommand, StoreCommand } from "./store-command.ts";
import { processCommand, storeCommand } from "./store-command.ts";

/** Ends a process and starts the next one in its seat. */
export function restartCommand(seat: number, how: "close" | "kill"): ProcessCommand {
  return processCommand(seat, how === "close" ? "close and open" : "kill and open", async (run) => {
    const running = await processAt(run, seat);
    if (running !== undefined && how === "close") {
      const outcome = await callOf(running.env, () => running.store.close());
      if (outcome.kind === "done") noteFlushed(run.model, running.number);
      tolerate(run, running, outcome);
    }
    // Also one that is stopped, which cannot close.
    seatAt(run.system, seat).running?.env.kill();
    endSeat(run, seatAt(run.system, seat));
    await processAt(run, seat);
  });
}

/** Ends a process, which nobody starts again before it is asked something. */
export function killCommand(seat: number): ProcessCommand {
  return processCommand(seat, "kill", async (run) => {
    seatAt(run.system, seat).running?.env.kill();
    endSeat(run, seatAt(run.system, seat));
  });
}

/** Ends all processes of a machine, with their unsynced bytes. */
export function losePowerCommand(machine: 0 | 1): StoreCommand {
  return storeCommand(`machine ${machine} loses its power`, async (run) => {
    // By a process of its own: one that has ended takes nobody along.
    run.system.roots[machine]?.startProcess().losePower();
    for (const seat of run.system.seats) if (seat.machine === machine) endSeat(run, seat);
  });
}

/** Stops a process as SIGSTOP does. */
export function pauseCommand(seat: number): ProcessCommand {
  return processCommand(seat, "stop", async (run) => {
    const running = await processAt(run, seat);
    if (running === undefined) return;
    running.env.pause();
    running.isStruck = true;
    run.system.disturbances++;
    run.system.lapses++;
  });
}

/** Lets stopped processes go on with what they were doing. */
export function resumeCommand(): StoreCommand {
  return storeCommand("all go on", async (run) => {
    for (const { running } of run.system.seats) running?.env.resume();
    run.system.disturbances++;
    run.system.lapses++;
    await run.system.world.faults.clock.sleep(10);
  });
}

export function waitCommand(ms: number): StoreCommand {
  return storeCommand(`${ms} ms pass`, async ({ system }) => {
    await system.world.faults.clock.sleep(ms);
  });
}

/** Sets every wall clock, as an operator or NTP would. */
export function stepClockCommand(ms: number): StoreCommand {
  return storeCommand(`clocks are set by ${ms} ms`, async ({ model, system }) => {
    const { clock } = system.world;
    clock.stepWallTo(clock.nowMs() + ms);
    system.disturbances++;
    system.lapses++;
    if (ms < 0) model.areClocksApart = true;
  });
}
