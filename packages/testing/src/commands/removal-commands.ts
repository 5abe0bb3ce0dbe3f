import type { Project } from "@shale/engine";
import type { CommandRun } from "../world/running-process.ts";
import { callOf, endSeat, mustSucceed, processAt, seatAt } from "../world/running-process.ts";
import { isCalm } from "../world/store-system.ts";
import type { ProcessCommand } from "./store-command.ts";
import { processCommand } from "./store-command.ts";

/** Attempts of a call that is made until it succeeds; before the last, all faults end. */
const INSIST_TRIES = 12;

/** Hides what a user has sent so far. */
export function deleteUserCommand(seat: number, userId: string): ProcessCommand {
  return processCommand(seat, `delete user ${JSON.stringify(userId)}`, async (run) => {
    const { model, system } = run;
    // What is still on its way may come before the deletion or after it.
    if (model.inFlight > 0) return;
    if (model.areClocksApart && !(await gatherWriters(run))) return;
    model.log.push({ deleteUser: userId });
    model.deleting++;
    await insist(run, seat, (project) => project.deleteUsers([userId]));
    model.deleting--;
    // A writer that does not know the deletion yet gets seqs above it from its clock.
    await system.world.faults.clock.sleep(2);
  });
}

/** From the next collect on, days are kept that long. */
export function retentionCommand(seat: number, keep: string | null): ProcessCommand {
  return processCommand(seat, `keep ${keep ?? "everything"}`, async (run) => {
    await insist(run, seat, (project) => project.setRetention(keep));
    run.model.keepMs = keep === null ? null : Number.parseInt(keep, 10) * 86_400_000;
  });
}

/**
 * Makes a call again and again, until it succeeds: whether a failed one took effect is not known,
 * and need not be.
 */
async function insist(
  run: CommandRun,
  seat: number,
  call: (project: Project) => Promise<unknown>,
): Promise<void> {
  const { faults } = run.system.world;
  const { plan } = faults;
  for (let tries = 1; tries <= INSIST_TRIES; tries++) {
    if (tries === INSIST_TRIES - 1) faults.setPlan({});
    const running = await processAt(run, seat + tries - 1);
    if (running === undefined) continue;
    const outcome = await callOf(running.env, () => call(running.project));
    if (outcome.kind === "done") {
      if (tries >= INSIST_TRIES - 1) faults.setPlan(plan);
      return;
    }
    if (outcome.kind === "failed" && mustSucceed(run, running)) throw outcome.error;
    if (outcome.kind === "stopped") running.env.kill();
    await faults.clock.sleep(500);
  }
  throw new Error("A call fails, although nothing makes it fail");
}

/**
 * Where clocks differ, a deletion covers the rows of writers that can answer: everyone goes on, and
 * the logs of the dead are taken over. False when that cannot be had.
 */
async function gatherWriters(run: CommandRun): Promise<boolean> {
  const { model, system } = run;
  if (!isCalm(system)) return false;
  for (const [number, seat] of system.seats.entries()) {
    if (seat.running?.env.isPaused) {
      seat.running.env.kill();
      endSeat(run, seatAt(system, number));
    }
  }
  for (const machine of [0, 1]) {
    const isLeft = [...model.appends.values()].some(
      (sent) => sent.machine === machine && sent.isPromised && !sent.isShared && !sent.isHere,
    );
    const seat = system.seats.findIndex((one) => one.machine === machine);
    if (!isLeft) continue;
    seatAt(system, seat).running?.env.kill();
    if ((await processAt(run, seat)) === undefined) return false;
  }
  return true;
}
