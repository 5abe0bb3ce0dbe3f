import type { Project, Store } from "@shale/engine";
import type { CatalogDocument } from "@shale/format";
import type { FaultPlan } from "../simulation/fault-plan.ts";
import type { SimulatedEnv } from "../simulation/simulated-env.ts";
import { simulatedEnv } from "../simulation/simulated-env.ts";

/** One process with the store open. */
export interface RunningProcess {
  /** Position in the simulation; never used again. */
  readonly number: number;
  readonly machine: number;
  readonly env: SimulatedEnv;
  readonly store: Store;
  readonly project: Project;
  /** A fault of a command has struck it, or it was stopped: its calls may fail from now on. */
  isStruck: boolean;
}

/** Another project of the store: each event that was sent to it, once. */
export interface Neighbour {
  readonly sent: { readonly name: string; isPromised: boolean }[];
}

/** A place where one process after the other runs. */
export interface Seat {
  readonly machine: number;
  running: RunningProcess | undefined;
  /** Set while a process starts: who asks for one meanwhile gets the same. */
  starting: Promise<RunningProcess | undefined> | undefined;
}

/** A read that was begun, and goes on across other commands. */
export interface HeldRead {
  readonly process: RunningProcess;
  /** Reads on and throws where anything but the state at its beginning comes. */
  goOn(): Promise<"more" | "over">;
  release(): Promise<void>;
}

/** Names of appends that a cut must have below it, and of those that it may have there. */
export interface CutBounds {
  below: ReadonlySet<string>;
  /** Undefined while the cut is not known to be taken. */
  notAbove: ReadonlySet<string> | undefined;
}

export interface StoreWorldOptions {
  /** Decides interleavings, faults that come by rates, ids and losses of power. */
  readonly seed: number;
  readonly faults?: FaultPlan | undefined;
  /** Default 4. */
  readonly shards?: number | undefined;
  /** Processes that `compact` at once where a command says so; default 2, at most 5. */
  readonly workers?: number | undefined;
  /** Executors that share the shards of a query, each with a cache of its own; default 1. */
  readonly executors?: number | undefined;
  /** How far the clock of the second machine is ahead, ms; default 0. */
  readonly clockSkewMs?: number | undefined;
  /** Longest wait of a row in memory, ms; default: rows wait for a flush. */
  readonly flushIntervalMs?: number | undefined;
  /** "off" (the default): only commands compact and collect. */
  readonly compaction?: "background" | "off" | undefined;
  /**
   * "whole" (the default): everything is checked at each step. "short": the commands before are
   * found wrong at the end only, and the end looks at nothing twice.
   */
  readonly checks?: Checks | undefined;
  /** Where the clock starts, epoch ms; default: noon of the day after the last of `events`. */
  readonly startMs?: number | undefined;
}

export type Checks = "whole" | "short";

/** A simulated world of two machines, on which processes share a store. */
export interface StoreSystem {
  readonly world: SimulatedEnv;
  /** One process of each machine that does nothing but start others. */
  readonly roots: readonly SimulatedEnv[];
  readonly seats: readonly Seat[];
  readonly shards: number;
  readonly workers: number;
  readonly executors: number;
  readonly clockSkewMs: number;
  readonly flushIntervalMs: number;
  readonly compaction: "background" | "off";
  readonly checks: Checks;
  /** The commands before are carried out, and nothing strikes. */
  isPreparing: boolean;
  /** Nothing strikes any more and one process is left: what fails has nothing to blame. */
  isAlone: boolean;
  readonly held: HeldRead[];
  /** How often the run came to what it is for. */
  readonly reached: Map<string, number>;
  readonly neighbour: Neighbour;
  /** Something has struck: a fault, or a command that puts one into the plan. */
  wasStruck: boolean;
  /** Faults that commands have put into the plan just now. */
  strikes: number;
  /** Rises when something may have ended the life of an old snapshot. */
  disturbances: number;
  /** Rises when a process was stopped or clocks jumped, so that what it holds may count as left. */
  lapses: number;
  /** Changes of the number of shards that were begun, and that have not ended yet. */
  readonly reshards: { begun: number; open: number };
  /** Appends that were made before a spec fell behind; undefined while none is. */
  appendsBeforeBehind: number | undefined;
  /** Readings of one spec, so far. */
  specReadings: number;
  /** Catalogs that were looked at, by the version of their object. */
  readonly catalogs: Map<string, CatalogDocument>;
  /** By the number of cuts taken so far. */
  readonly cuts: Map<number, CutBounds>;
  /** The first thing that work in the background found wrong. */
  finding: unknown;
  /** Every command as it began, and the operations before it. */
  readonly steps: { readonly text: string; readonly operations: number }[];
}

/** Longer than any run: only `flush` and `close` flush. */
const NEVER_MS = 1e12;
/** The machine of each seat. The first are asked most; more are opened to compact at once. */
const SEAT_MACHINES = [0, 0, 1, 0, 1];
const HALF_DAY_MS = 43_200_000;
/** The days of `arbitraryEvents` unless told otherwise. */
const LAST_DAY = "2025-10-26";

export function createStoreSystem(options: StoreWorldOptions): StoreSystem {
  const { seed, faults, shards = 4, workers = 2, executors = 1, clockSkewMs = 0 } = options;
  const startMs = options.startMs ?? Date.parse(LAST_DAY) + 3 * HALF_DAY_MS;
  const world = simulatedEnv({ seed, faults, startMs });
  return {
    world,
    roots: [world, world.startProcess({ machine: "other" })],
    seats: SEAT_MACHINES.map((machine) => ({
      machine,
      running: undefined,
      starting: undefined,
    })),
    shards,
    workers,
    executors,
    clockSkewMs,
    flushIntervalMs: options.flushIntervalMs ?? NEVER_MS,
    compaction: options.compaction ?? "off",
    checks: options.checks ?? "whole",
    isPreparing: false,
    isAlone: false,
    held: [],
    reached: new Map(),
    neighbour: { sent: [] },
    wasStruck: false,
    strikes: 0,
    disturbances: 0,
    lapses: 0,
    reshards: { begun: 0, open: 0 },
    appendsBeforeBehind: undefined,
    specReadings: 0,
    catalogs: new Map(),
    cuts: new Map(),
    finding: undefined,
    steps: [],
  };
}

export function noteReached({ reached }: StoreSystem, what: string): void {
  reached.set(what, (reached.get(what) ?? 0) + 1);
}

/** Nothing is to fail just now. */
export function isCalm({ strikes, world }: StoreSystem): boolean {
  const { rates, rules = [], rewriteIntervalMs, diskBytesMax } = world.faults.plan;
  return (
    strikes === 0 &&
    rules.length === 0 &&
    Object.values(rates ?? {}).every((rate) => rate === 0 || rate === undefined) &&
    rewriteIntervalMs === undefined &&
    diskBytesMax === undefined
  );
}

/** True when something since then may have ended the life of a snapshot. */
export function isDisturbed({ compaction, disturbances }: StoreSystem, since: number): boolean {
  return compaction === "background" || disturbances > since;
}
