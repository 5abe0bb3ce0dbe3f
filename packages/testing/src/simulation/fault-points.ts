import { invariant } from "@shale/model";
import type { Fault } from "./fault-plan.ts";
import type { BegunOperation } from "./faults.ts";
import type { SimulatedEnv, SimulationOptions } from "./simulated-env.ts";
import { simulatedEnv } from "./simulated-env.ts";

/** How the struck run ended, for a check that wants to know. */
export interface StruckRun {
  /** The process that was struck; it has ended by the time of the check. */
  readonly struck: SimulatedEnv;
  /** True when the fault ended the process; otherwise `act` returned or threw. */
  readonly crashed: boolean;
  /** What `act` threw, if it did. */
  readonly error: unknown;
}

/** A command whose every operation shall fail once. The three parts run in a new world each time. */
export interface FaultScenario<State> {
  readonly name: string;
  /** Default 1. */
  readonly seed?: number | undefined;
  readonly world?: Omit<SimulationOptions, "seed" | "faults"> | undefined;
  /** Builds the world without faults; what it returns is the run's memory, such as a reference. */
  prepare(env: SimulatedEnv): Promise<State>;
  /** What is struck. It may throw: a command that fails with an error is no finding. */
  act(env: SimulatedEnv, state: State): Promise<void>;
  /** Recovers in a new process of the same machine and throws what it finds wrong. */
  check(env: SimulatedEnv, state: State, run: StruckRun): Promise<void>;
}

export interface FaultPointOptions {
  /** Tries only this point: what a failure prints, to replay it. */
  readonly only?: { readonly operation: number; readonly fault: string } | undefined;
  /** Where the closing line goes; default console.log. */
  readonly print?: ((line: string) => void) | undefined;
}
export interface FaultPointCounts {
  readonly tried: number;
  readonly skipped: number;
}

const STORE_WRITES: readonly string[] = ["put", "delete"];
const DISK_READS: readonly string[] = ["listNames", "readFile", "exists"];

const readFaults: Readonly<Record<string, Fault>> = {
  "fails before": { kind: "before" },
  "crash before": { kind: "crash", when: "before" },
};
const storeWriteFaults: Readonly<Record<string, Fault>> = {
  ...readFaults,
  "fails after": { kind: "after" },
  "lands 2 later": { kind: "late", operations: 2 },
  "lands 12 later": { kind: "late", operations: 12 },
  "crash after": { kind: "crash", when: "after" },
};
const diskWriteFaults: Readonly<Record<string, Fault>> = {
  ...readFaults,
  "fails after": { kind: "after" },
  full: { kind: "full" },
  "crash after": { kind: "crash", when: "after" },
  "power lost before": { kind: "crash", when: "before", power: true },
  "power lost after": { kind: "crash", when: "after", power: true },
};
const appendFaults: Readonly<Record<string, Fault>> = {
  ...diskWriteFaults,
  torn: { kind: "torn" },
  "crash torn": { kind: "crash", when: "torn" },
  "power lost torn": { kind: "crash", when: "torn", power: true },
};

function faultsFor({ where, what }: BegunOperation): Readonly<Record<string, Fault>> {
  if (where === "store") return STORE_WRITES.includes(what) ? storeWriteFaults : readFaults;
  if (DISK_READS.includes(what)) return readFaults;
  return what === "append" ? appendFaults : diskWriteFaults;
}

function textOf({ where, what, key }: BegunOperation): string {
  return `${where} ${what} ${key}`;
}

/** Turns of the event loop without any operation after which a run counts as hung. */
const SILENT_TURNS_MAX = 300_000;

/** `work`, or an error when it stands still or never ends. */
async function bounded(work: Promise<void>, env: SimulatedEnv, operationsMax: number) {
  let settled = false;
  const done = work.finally(() => {
    settled = true;
  });
  const watch = (async () => {
    let silentTurns = 0;
    let seen = 0;
    while (!settled) {
      await new Promise((resolve) => setImmediate(resolve));
      const count = env.faults.begun.length;
      silentTurns = count === seen ? silentTurns + 1 : 0;
      seen = count;
      if (silentTurns > SILENT_TURNS_MAX) throw new Error("it hangs");
      if (count > operationsMax) throw new Error(`it does not end: ${count} operations`);
    }
  })();
  await Promise.race([done, watch.then(() => done)]);
}

interface Attempted {
  /** Operations of the acting process while it acted. */
  readonly operations: readonly BegunOperation[];
  /** Operations of the whole run. */
  readonly operationCount: number;
}

interface Point {
  readonly operation: number;
  readonly fault: Fault;
}

async function runScenario<State>(
  scenario: FaultScenario<State>,
  point: Point | undefined,
  operationsMax: number,
): Promise<Attempted> {
  const env = simulatedEnv({ ...scenario.world, seed: scenario.seed ?? 1 });
  try {
    return await runIn(env, scenario, point, operationsMax);
  } finally {
    env.endSimulation();
  }
}

async function runIn<State>(
  env: SimulatedEnv,
  scenario: FaultScenario<State>,
  point: Point | undefined,
  operationsMax: number,
): Promise<Attempted> {
  const state = await scenario.prepare(env);
  const actor = env.startProcess();
  const first = env.faults.begun.length;
  if (point !== undefined) {
    env.faults.setPlan({
      rules: [{ process: actor.position, at: point.operation, fault: point.fault }],
    });
  }
  let error: unknown;
  let crashed = true;
  const acting = scenario.act(actor, state).then(
    () => {
      crashed = false;
    },
    (reason: unknown) => {
      crashed = false;
      error = reason;
    },
  );
  await bounded(Promise.race([acting, actor.ended]), env, operationsMax);
  const operations = env.faults.begun.slice(first).filter((one) => one.process === actor.position);
  actor.kill();
  env.faults.setPlan({});
  if (point === undefined && error !== undefined) throw error;
  const next = env.startProcess();
  await bounded(
    scenario.check(next, state, { struck: actor, crashed, error }),
    env,
    env.faults.begun.length + operationsMax,
  );
  return { operations, operationCount: env.faults.begun.length };
}

/**
 * Runs a command once unharmed and counts its operations, then once for each operation and each way
 * in which it can fail: before and after taking effect, torn, landing late, with the process or the
 * machine ending there. After each the scenario recovers and checks.
 *
 * Prints `<name>: fault points: <n> tried, <n> skipped`.
 *
 * @throws The first finding, with the seed and the point to replay it; also when a point was not
 * reached, which means that the scenario is not deterministic.
 */
export async function faultPoints<State>(
  scenario: FaultScenario<State>,
  options: FaultPointOptions = {},
): Promise<FaultPointCounts> {
  const seed = scenario.seed ?? 1;
  const reference = await runScenario(scenario, undefined, 1_000_000);
  const operationsMax = 5_000 + reference.operationCount * 20;
  const skipped: string[] = [];
  let tried = 0;
  invariant(reference.operations.length > 0, `${scenario.name} has operations to strike`);
  for (const [index, expected] of reference.operations.entries()) {
    const operation = index + 1;
    for (const [name, fault] of Object.entries(faultsFor(expected))) {
      const { only } = options;
      if (only !== undefined && (only.operation !== operation || only.fault !== name)) continue;
      const title =
        `${scenario.name}, seed ${seed}, ` +
        `point { operation: ${operation}, fault: "${name}" } at ${textOf(expected)}`;
      let reached: BegunOperation | undefined;
      try {
        const run = await runScenario(scenario, { operation, fault }, operationsMax);
        reached = run.operations[index];
      } catch (error) {
        throw new Error(`Fault point failed: ${title}: ${String(error)}`, { cause: error });
      }
      if (reached !== undefined && textOf(reached) === textOf(expected)) tried++;
      else skipped.push(title);
    }
  }
  (options.print ?? console.log)(
    `${scenario.name}: fault points: ${tried} tried, ${skipped.length} skipped`,
  );
  if (skipped.length > 0) {
    throw new Error(`Fault points were not reached: ${skipped.slice(0, 3).join("; ")}`);
  }
  return { tried, skipped: 0 };
}
