import { ShaleError, unreachable } from "@shale/model";
import type { Fault, Operation } from "./fault-plan.ts";
import type { BegunOperation, Faults } from "./faults.ts";
import type { ProcessGate } from "./process-gate.ts";
import { never } from "./process-gate.ts";
import { nextBelow } from "./seeded-random.ts";

/** What an operation of one simulated process goes through. */
export interface OperationContext {
  readonly faults: Faults;
  readonly gate: ProcessGate;
  /** Position of the process in the simulation. */
  readonly process: number;
}

export interface Attempt<T> {
  readonly operation: Operation;
  readonly apply: () => Promise<T>;
  /** Carries out the given share (0..1) of it; absent where it is all or nothing. */
  readonly applyPart?: ((share: number) => Promise<void>) | undefined;
  readonly canLandLate?: boolean | undefined;
  /** Ends a delay. */
  readonly signal?: AbortSignal | undefined;
  readonly describe: (result: T) => string;
}

/** A few microtask turns drawn from the seed: so the seed decides how processes interleave. */
export async function waitTurns({ random }: Faults): Promise<void> {
  for (let turns = nextBelow(random, 4); turns > 0; turns--) await Promise.resolve();
}

function failedAction({ what, key }: Operation): string {
  return `Cannot ${what} ${JSON.stringify(key)}`;
}

function failureOf(operation: Operation, why: string): ShaleError {
  const code = operation.where === "store" ? "STORE_UNAVAILABLE" : "DISK_FAILED";
  return new ShaleError(code, `${failedAction(operation)}: ${why}`);
}

interface Run<T> {
  readonly context: OperationContext;
  readonly attempt: Attempt<T>;
  readonly begun: BegunOperation;
}

function record<T>({ context, begun }: Run<T>, outcome: string): void {
  context.faults.record({ ...begun, outcome });
}

/** Carries the attempt out and records what came of it, after `prefix`. */
async function applyWhole<T>(run: Run<T>, prefix: string): Promise<T> {
  try {
    const result = await run.attempt.apply();
    record(run, `${prefix}${run.attempt.describe(result)}`);
    return result;
  } catch (error) {
    record(run, `${prefix}${error instanceof ShaleError ? error.code : "error"}`);
    throw error;
  }
}

async function applyPart<T>(run: Run<T>, share: number | undefined): Promise<void> {
  const { random } = run.context.faults;
  await run.attempt.applyPart?.(share ?? random.nextU32() / 4_294_967_296);
  record(run, "torn");
}

/** An effect whose caller has long gone: its failure is an outcome in the trace. */
async function applyLate<T>(run: Run<T>): Promise<void> {
  try {
    const result = await run.attempt.apply();
    record(run, `landed late, ${run.attempt.describe(result)}`);
  } catch (error) {
    record(run, `landed late, failed: ${String(error)}`);
  }
}

/** Does to the attempt what the fault says; returns only when it may still be carried out. */
async function strike<T>(run: Run<T>, fault: Fault): Promise<void> {
  const { context, attempt, begun } = run;
  const { faults, gate } = context;
  switch (fault.kind) {
    case "before":
      record(run, "failed before");
      await waitTurns(faults);
      await gate.pass();
      throw failureOf(attempt.operation, "the simulated service did not answer");
    case "after":
      await applyWhole(run, "reply lost, ");
      await waitTurns(faults);
      await gate.pass();
      throw failureOf(attempt.operation, "the reply of the simulated service was lost");
    case "torn":
      await applyPart(run, fault.share);
      throw failureOf(attempt.operation, "the simulated service stopped in the middle");
    case "late":
      record(run, "failed, to land late");
      if (attempt.canLandLate === true) {
        faults.land(begun.index + fault.operations, () => applyLate(run));
      }
      await gate.pass();
      throw failureOf(attempt.operation, "the simulated service did not answer in time");
    case "delay":
      await faults.clock.sleep(fault.ms, { signal: attempt.signal });
      return gate.pass();
    case "pause":
      gate.pause();
      return gate.pass();
    case "full":
      record(run, "full");
      throw new ShaleError("DISK_FULL", `${failedAction(attempt.operation)}: no space is left`);
    case "crash":
      if (fault.when === "after") await applyWhole(run, "crashed after, ");
      else if (fault.when === "torn") await applyPart(run, undefined);
      else record(run, "crashed before");
      gate.end(fault.power === true ? "power" : "kill");
      return never();
    default:
      return unreachable(fault);
  }
}

/** Carries an attempt out, or does to it what the plan of faults says. */
export async function operate<T>(context: OperationContext, attempt: Attempt<T>): Promise<T> {
  const { faults, gate } = context;
  await gate.pass();
  await waitTurns(faults);
  await gate.pass();
  const { begun, fault } = await faults.begin(attempt.operation, context.process);
  const run: Run<T> = { context, attempt, begun };
  if (fault !== undefined) await strike(run, fault);
  const result = await applyWhole(run, "");
  await waitTurns(faults);
  await gate.pass();
  return result;
}
