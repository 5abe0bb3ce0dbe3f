import type { CommandRun, Outcome } from "../world/running-process.ts";
import { callOf, goOnBehind, mustSucceed, processAt, tolerate } from "../world/running-process.ts";
import { noteCollected, noteFlushed } from "../world/store-model.ts";
import type { RunningProcess } from "../world/store-system.ts";
import type { ProcessCommand, StoreCommand } from "./store-command.ts";
import { processCommand, storeCommand } from "./store-command.ts";

export type CompactionMode = "full" | "due";

export function flushCommand(seat: number): ProcessCommand {
  return processCommand(seat, "flush", async (run) => {
    const running = await processAt(run, seat);
    if (running === undefined) return;
    const outcome = await callOf(running.env, () => running.project.flush());
    if (outcome.kind === "done") noteFlushed(run.model, running.number);
    tolerate(run, running, outcome);
  });
}

export function compactCommand(seat: number, mode: CompactionMode): ProcessCommand {
  return processCommand(seat, `compact ${mode}`, async (run) => {
    const running = await processAt(run, seat);
    if (running !== undefined) await compactAt(run, running, mode);
  });
}

/** As many processes as the run has workers compact at once. */
export function compactTogetherCommand(mode: CompactionMode): StoreCommand {
  return storeCommand(`compact ${mode} together`, async (run) => {
    const all: RunningProcess[] = [];
    for (let seat = 0; seat < run.system.workers; seat++) {
      const running = await processAt(run, seat);
      if (running !== undefined) all.push(running);
    }
    await Promise.all(all.map((running) => compactAt(run, running, mode)));
  });
}

export async function compactAt(
  run: CommandRun,
  running: RunningProcess,
  mode: CompactionMode,
): Promise<void> {
  const outcome = await callOf(running.env, () => running.project.compact({ mode }));
  if (outcome.kind === "stopped") goOnBehind(run.system, outcome.later);
  tolerateRace(run, running, outcome);
}

/** Losing a race against other processes is no finding. */
function tolerateRace(run: CommandRun, running: RunningProcess, outcome: Outcome<unknown>): void {
  if (outcome.kind !== "failed" || !mustSucceed(run, running)) return;
  const { error } = outcome;
  if (error.kind !== "conflict" && error.kind !== "unavailable") throw error;
}

export interface CollectDraft {
  readonly graceMs: number | undefined;
  readonly dryRun: boolean;
}

export function collectCommand(seat: number, draft: CollectDraft): ProcessCommand {
  return processCommand(seat, `collect ${JSON.stringify(draft)}`, async (run) => {
    const running = await processAt(run, seat);
    if (running === undefined) return;
    const { model, system } = run;
    const startMs = running.env.clock.nowMs();
    const outcome = await callOf(running.env, () => running.project.collect(draft));
    system.disturbances++;
    const note = (certainty: "done" | "doubtful"): void => {
      if (draft.dryRun) return;
      noteCollected(model, [startMs, running.env.clock.nowMs()], certainty);
    };
    if (outcome.kind === "stopped") {
      goOnBehind(
        system,
        outcome.later.then(() => note("doubtful")),
      );
    }
    note(outcome.kind === "done" ? "done" : "doubtful");
    tolerateRace(run, running, outcome);
  });
}

/** Looks at every object, and finds nothing wrong. */
export function verifyCommand(seat: number): ProcessCommand {
  return processCommand(seat, "verify", async (run) => {
    const running = await processAt(run, seat);
    if (running !== undefined) await verifyAt(run, running);
  });
}

export async function verifyAt(run: CommandRun, running: RunningProcess): Promise<void> {
  const outcome = await callOf(running.env, () => running.project.verify({ full: true }));
  tolerateRace(run, running, outcome);
  if (outcome.kind !== "done" || outcome.value.ok) return;
  throw new Error(`verify found: ${JSON.stringify(outcome.value.findings)}`);
}
