import { ShaleError, unreachable } from "@shale/model";
import type { Operation } from "./fault-plan.ts";
import type { Faults } from "./faults.ts";
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
  for (let turns = nextBelow(random, 4); turns > 0; turns--) await undefined;
}

function failureOf({ where, what, key }: Operation, why: string): ShaleError {
  return new ShaleError(
    where === "store" ? "STORE_UNAVAILABLE" : "DISK_FAILED",
    `Cannot ${what} ${JSON.stringify(key)}: ${why}`,
  );
}

/** Carries an attempt out, or does to it what the plan of faults says. */
export async function operate<T>(context: OperationContext, attempt: Attempt<T>): Promise<T> {
  const { faults, gate } = context;
  const { operation } = attempt;
  await gate.pass();
  await waitTurns(faults);
  await gate.pass();
  const { begun, fault } = await faults.begin(operation, context.process);
  function record(outcome: string): void {
    faults.record({ ...begun, outcome });
  }
  async function apply(prefix: string): Promise<T> {
    try {
      const result = await attempt.apply();
      record(`${prefix}${attempt.describe(result)}`);
      return result;
    } catch (error) {
      record(`${prefix}${error instanceof ShaleError ? error.code : "error"}`);
      throw error;
    }
  }
  async function applyPart(share: number | undefined): Promise<void> {
    await attempt.applyPart?.(share ?? faults.random.nextU32() / 4_294_967_296);
    record("torn");
  }
  async function applyLate(): Promise<void> {
    try {
      record(`landed late, ${attempt.describe(await attempt.apply())}`);
    } catch (error) {
      record(`landed late, failed: ${String(error)}`);
    }
  }

  switch (fault?.kind) {
    case undefined:
      break;
    case "before":
      record("failed before");
      await waitTurns(faults);
      await gate.pass();
      throw failureOf(operation, "the simulated service did not answer");
    case "after":
      await apply("reply lost, ");
      await waitTurns(faults);
      await gate.pass();
      throw failureOf(operation, "the reply of the simulated service was lost");
    case "torn":
      await applyPart(fault.share);
      throw failureOf(operation, "the simulated service stopped in the middle");
    case "late":
      record("failed, to land late");
      if (attempt.canLandLate === true) faults.land(begun.index + fault.operations, applyLate);
      await gate.pass();
      throw failureOf(operation, "the simulated service did not answer in time");
    case "delay":
      await faults.clock.sleep(fault.ms, { signal: attempt.signal });
      await gate.pass();
      break;
    case "full":
      record("full");
      throw new ShaleError(
        "DISK_FULL",
        `Cannot ${operation.what} ${JSON.stringify(operation.key)}: no space is left`,
      );
    case "crash":
      if (fault.when === "after") await apply("crashed after, ");
      else if (fault.when === "torn") await applyPart(undefined);
      else record("crashed before");
      gate.end(fault.power === true ? "power" : "kill");
      return never();
    default:
      unreachable(fault);
  }
  const result = await apply("");
  await waitTurns(faults);
  await gate.pass();
  return result;
}
