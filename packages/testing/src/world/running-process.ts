import type { Project } from "@shale/engine";
import { openStore } from "@shale/engine";
import { ShaleError } from "@shale/model";
import type { SimulatedEnv } from "../simulation/simulated-env.ts";
import type { StoreModel } from "./store-model.ts";
import { noteEnded } from "./store-model.ts";
import type { RunningProcess, Seat, StoreSystem } from "./store-system.ts";
import { isCalm } from "./store-system.ts";

/** How one call of a process ended. A stopped process has not ended it yet. */
export type Outcome<T> =
  | { readonly kind: "done"; readonly value: T }
  | { readonly kind: "failed"; readonly error: ShaleError }
  | { readonly kind: "stopped"; readonly later: Promise<Outcome<T>> }
  | { readonly kind: "ended" };

export interface CommandRun {
  readonly model: StoreModel;
  readonly system: StoreSystem;
}

export const PROJECT = "p";
/** Tries to open the project before a process gives up. */
const OPEN_TRIES = 8;
/** Simulated time after which a call that has not come back never will. */
const PATIENCE_MS = 7_200_000;
/** Turns of the event loop that every call may take, and those that none takes. */
const TURNS_MIN = 20_000;
const TURNS_MAX = 5_000_000;

/**
 * Makes a call of a process and waits until it ends, in whichever way. What a store may answer is
 * an outcome; any other error is thrown.
 */
export async function callOf<T>(env: SimulatedEnv, work: () => Promise<T>): Promise<Outcome<T>> {
  const settled: Promise<Outcome<T>> = work().then(
    (value) => ({ kind: "done", value }),
    (error: unknown) => {
      if (error instanceof ShaleError) return { kind: "failed", error };
      throw error;
    },
  );
  let isOver = false;
  const impatient = outlastPatience(env, () => isOver);
  const later = Promise.race([settled, env.ended.then((): Outcome<T> => ({ kind: "ended" }))]);
  const stopped = env
    .stopped()
    .then((): Outcome<T> => (env.isEnded ? { kind: "ended" } : { kind: "stopped", later }));
  try {
    return await Promise.race([settled, stopped, impatient]);
  } finally {
    isOver = true;
  }
}

/** Rejects when a call can be given up for lost; a sleeper of its own would move the clock. */
async function outlastPatience(
  { faults: { clock } }: SimulatedEnv,
  isOver: () => boolean,
): Promise<never> {
  const startMs = clock.monotonicMs();
  for (let turns = 0; ; turns++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (isOver()) await new Promise(() => undefined);
    const isLate = clock.monotonicMs() - startMs > PATIENCE_MS && turns > TURNS_MIN;
    if (isLate || turns > TURNS_MAX) throw new Error("A call did not come back");
  }
}

/** Work that goes on while other commands run; what it finds wrong is found at the next of them. */
export function goOnBehind(system: StoreSystem, work: Promise<unknown>): void {
  work.catch((error: unknown) => {
    system.finding ??= error;
  });
}

/** True when a failure of this process would be a finding. */
export function mustSucceed({ system }: CommandRun, running: RunningProcess): boolean {
  return isCalm(system) && !running.isStruck;
}

/** Throws a failure that nothing explains. */
export function tolerate(
  run: CommandRun,
  running: RunningProcess,
  outcome: Outcome<unknown>,
): void {
  if (outcome.kind !== "failed") return;
  // When clocks are set on by an hour a live process looks dead: its writer is taken over and may
  // be retired under an append, of which it then says that it cannot tell (protocol W4, W7).
  const isFenced = outcome.error.code === "WRITER_FENCED" && run.system.lapses > 0;
  if (!isFenced && mustSucceed(run, running)) throw outcome.error;
}

/** The process of a seat, started where there is none; undefined when it cannot be asked now. */
export async function processAt(
  run: CommandRun,
  number: number,
): Promise<RunningProcess | undefined> {
  const seat = seatAt(run.system, number);
  if (seat.running?.env.isEnded) endSeat(run, seat);
  if (seat.running?.env.isPaused) return undefined;
  if (seat.running !== undefined) return seat.running;
  seat.starting ??= startAt(run, seat).finally(() => {
    seat.starting = undefined;
  });
  return await seat.starting;
}

export function seatAt({ seats }: StoreSystem, number: number): Seat {
  const seat = seats[number % seats.length];
  if (seat === undefined) throw new Error(`There is no seat ${number}`);
  return seat;
}

export function endSeat({ model, system }: CommandRun, seat: Seat): void {
  if (seat.running === undefined) return;
  noteEnded(model, seat.running.number);
  seat.running = undefined;
  system.disturbances++;
}

async function startAt(run: CommandRun, seat: Seat): Promise<RunningProcess | undefined> {
  const { system } = run;
  const { flushIntervalMs, compaction, executors } = system;
  const root = system.roots[seat.machine];
  if (root === undefined) throw new Error(`There is no machine ${seat.machine}`);
  const clockSkewMs = seat.machine === 0 ? 0 : system.clockSkewMs;
  const env = root.startProcess({ clockSkewMs });
  const store = await system.world.clock.holdDuring(
    openStore({
      env,
      flushIntervalMs,
      compaction,
      inlineExecutorCount: executors,
      fanOutRowsMin: 0,
    }),
  );
  const outcome = await callOf(env, () => openProject(run, env, store.project));
  if (outcome.kind !== "done") {
    if (outcome.kind === "failed" && isCalm(system)) throw outcome.error;
    env.kill();
    return undefined;
  }
  const { position: number } = env;
  const project = outcome.value;
  seat.running = { number, machine: seat.machine, env, store, project, isStruck: false };
  if (isCalm(system)) noteRecovered(run, seat.machine);
  return seat.running;
}

async function openProject(
  { system }: CommandRun,
  env: SimulatedEnv,
  open: (id: string, options: { readonly shards: number }) => Promise<Project>,
): Promise<Project> {
  for (let tries = 1; ; tries++) {
    try {
      return await open(PROJECT, { shards: system.shards });
    } catch (error) {
      if (!(error instanceof ShaleError) || tries === OPEN_TRIES) throw error;
      await env.clock.sleep(500);
    }
  }
}

/** Opening takes over what dead processes of the machine left in their logs (protocol W4). */
function noteRecovered({ model, system }: CommandRun, machine: number): void {
  const alive = new Set(
    system.seats.flatMap(({ running }) =>
      running === undefined || running.env.isEnded ? [] : [running.number],
    ),
  );
  for (const sent of model.appends.values()) {
    if (sent.machine === machine && sent.isPromised && !alive.has(sent.process)) {
      sent.isShared = true;
    }
  }
}
