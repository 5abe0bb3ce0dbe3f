import type {
  Clock,
  Disk,
  Env,
  Logger,
  ObjectStore,
  ProcessIdentity,
  Random,
  WorkerTasks,
} from "@shale/env";
import { inlineWorkers, memoryStore, silentLogger } from "@shale/env";
import type { FaultPlan } from "./fault-plan.ts";
import type { DiskBudget } from "./faulting-disk.ts";
import { diskOfProcess } from "./faulting-disk.ts";
import { storeOfProcess } from "./faulting-store.ts";
import type { Faults } from "./faults.ts";
import { createFaults } from "./faults.ts";
import type { ManualClock } from "./manual-clock.ts";
import { manualClock } from "./manual-clock.ts";
import type { EndCause, ProcessGate } from "./process-gate.ts";
import { processGate } from "./process-gate.ts";
import { seededRandom } from "./seeded-random.ts";
import type { SimulatedDisk } from "./simulated-disk.ts";
import { simulatedDisk } from "./simulated-disk.ts";

export interface SimulationOptions {
  /** Decides every random number, fault, interleaving and loss; one seed, one run. */
  readonly seed: number;
  readonly faults?: FaultPlan | undefined;
  /** Where the clock starts, epoch ms; default 2026-01-01T00:00:00Z. */
  readonly startMs?: number | undefined;
  /** True (the default): time jumps to the next sleeper when nothing else runs. */
  readonly autoAdvance?: boolean | undefined;
  /** What the workers can do; they run inline. */
  readonly tasks?: WorkerTasks | undefined;
  readonly logger?: Logger | undefined;
}

export interface ProcessOptions {
  /** "same" (the default) shares clock, store and disk; "other" has a disk of its own. */
  readonly machine?: "same" | "other" | undefined;
  /** Added to the wall clock of this process. */
  readonly clockSkewMs?: number | undefined;
}

/** The outside world of one simulated process. */
export interface SimulatedEnv extends Env {
  /** Position of this process in the simulation: 0 for the first. */
  readonly position: number;
  readonly clock: ManualClock;
  readonly disk: Disk;
  /** Plan, trace and count of the whole simulation. */
  readonly faults: Faults;
  /** The objects of all processes; a call of it is no operation, and no fault strikes it. */
  readonly bareStore: ObjectStore;
  /** Another process of this simulation: the next one after a crash, a rival, a reader. */
  startProcess(options?: ProcessOptions): SimulatedEnv;
  /** Stops the process as SIGSTOP does: its calls wait, on their way out and on their way back. */
  pause(): void;
  resume(): void;
  readonly isPaused: boolean;
  /** Resolves when the process is stopped or ends; at once when it is or has. */
  stopped(): Promise<void>;
  /** Ends the process as SIGKILL does: what it wrote stays, none of its calls comes back. */
  kill(): void;
  /** Ends every process of the machine; bytes that were not synced may be gone or damaged. */
  losePower(): void;
  /** Ends every process of the simulation, so that no loop of theirs goes on. */
  endSimulation(): void;
  readonly isEnded: boolean;
  /** Resolves when the process ends: race it against what the process does. */
  readonly ended: Promise<void>;
}

interface Machine {
  readonly host: string;
  readonly disk: SimulatedDisk;
  readonly budget: DiskBudget;
  readonly gates: ProcessGate[];
}
interface Simulation {
  readonly options: SimulationOptions;
  readonly clock: ManualClock;
  readonly random: Random;
  readonly store: ObjectStore;
  readonly writtenMs: Map<string, number>;
  readonly faults: Faults;
  readonly processes: { readonly identity: ProcessIdentity; readonly gate: ProcessGate }[];
  machineCount: number;
}

function startMachine(simulation: Simulation): Machine {
  simulation.machineCount++;
  return {
    host: `machine-${simulation.machineCount}`,
    disk: simulatedDisk(),
    budget: { usedBytes: 0 },
    gates: [],
  };
}

/** The common clock as one process sees it: a process that has ended does not sleep on. */
function clockOfProcess(clock: ManualClock, gate: ProcessGate, skewMs: number): ManualClock {
  const stop = new AbortController();
  void gate.ended.then(() => stop.abort());
  const sleep: Clock["sleep"] = async (durationMs, { signal } = {}) => {
    await gate.pass();
    try {
      const signals = signal === undefined ? [stop.signal] : [stop.signal, signal];
      await clock.sleep(durationMs, { signal: AbortSignal.any(signals) });
    } finally {
      await gate.pass();
    }
  };
  return {
    nowMs: () => clock.nowMs() + skewMs,
    monotonicMs: () => clock.monotonicMs(),
    sleep,
    advance: (durationMs) => clock.advance(durationMs),
    stepWallTo: (nowMs) => clock.stepWallTo(nowMs - skewMs),
    holdDuring: (work) => clock.holdDuring(work),
    get sleeperCount() {
      return clock.sleeperCount;
    },
  };
}

function startProcess(simulation: Simulation, machine: Machine, clockSkewMs: number): SimulatedEnv {
  const { faults, processes } = simulation;
  const gate = processGate((cause: EndCause) => {
    if (cause === "kill") return;
    for (const other of machine.gates) other.end("kill");
    machine.disk.losePower(simulation.random);
  });
  const position = processes.length;
  const self = { host: machine.host, pid: 1_000 + position, started: `${position}` };
  processes.push({ identity: self, gate });
  machine.gates.push(gate);
  const context = { faults, gate, process: position };
  return {
    position,
    clock: clockOfProcess(simulation.clock, gate, clockSkewMs),
    random: simulation.random,
    logger: simulation.options.logger ?? silentLogger,
    processes: {
      self,
      stateOf(identity) {
        if (identity.host !== machine.host) return "unknown";
        const named = processes.find(({ identity: { pid } }) => pid === identity.pid);
        return named === undefined || named.gate.isEnded ? "dead" : "alive";
      },
    },
    store: storeOfProcess(simulation.store, context, simulation.writtenMs),
    disk: diskOfProcess(machine.disk, { ...context, budget: machine.budget }),
    workers: inlineWorkers(simulation.options.tasks ?? {}),
    faults,
    bareStore: simulation.store,
    startProcess: (options = {}) =>
      startProcess(
        simulation,
        options.machine === "other" ? startMachine(simulation) : machine,
        options.clockSkewMs ?? 0,
      ),
    pause: () => gate.pause(),
    resume: () => gate.resume(),
    get isPaused() {
      return gate.isPaused;
    },
    stopped: () => gate.stopped(),
    kill: () => gate.end("kill"),
    losePower: () => gate.end("power"),
    endSimulation() {
      for (const one of processes) one.gate.end("kill");
    },
    get isEnded() {
      return gate.isEnded;
    },
    ended: gate.ended,
  };
}

/**
 * A world from one seed: clock, random numbers, a store, a disk, processes and workers, with faults
 * by a plan. Returns its first process; `startProcess` adds others.
 */
export function simulatedEnv(options: SimulationOptions): SimulatedEnv {
  const clock = manualClock(options.startMs ?? Date.UTC(2026, 0, 1), {
    autoAdvance: options.autoAdvance ?? true,
  });
  const random = seededRandom(options.seed);
  const simulation: Simulation = {
    options,
    clock,
    random,
    store: memoryStore({ clock }),
    writtenMs: new Map(),
    // Its own numbers: what the code under test draws must not move the faults, nor they it.
    faults: createFaults(options.faults, { clock, random: seededRandom(options.seed ^ 0x5eed) }),
    processes: [],
    machineCount: 0,
  };
  return startProcess(simulation, startMachine(simulation), 0);
}
