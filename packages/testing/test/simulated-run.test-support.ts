import type { Store } from "@shale/engine";
import { openStore } from "@shale/engine";
import type { Random } from "@shale/env";
import type { EventInput, Query, StoredEvent } from "@shale/model";
import { ShaleError } from "@shale/model";
import type { SimulatedEnv } from "@shale/testing";
import { referenceStore, seededRandom, simulatedEnv } from "@shale/testing";
import { expect } from "vitest";
import type { EngineProcess } from "./engine-process.test-support.ts";
import { answersOf, collect } from "./engine-process.test-support.ts";

const STEPS = 120;
const ROWS = 4;
/** Chance that an operation is struck, in each of four ways; a third of the seeds each. */
const RATES = [0.01, 0.002, 0.04];
/** Tries to open the project before a process gives up. */
const OPEN_TRIES = 8;

interface Sent {
  readonly name: string;
  readonly hasInsertIds: boolean;
  /** Calls made so far: only events with insert ids are sent again after a failure. */
  calls: number;
  isAcknowledged: boolean;
  /** Acknowledged as committed: every process sees it from then on. */
  isCommitted: boolean;
}

/** One place where a process may run. */
interface Slot {
  readonly machine: number;
  env: SimulatedEnv | undefined;
  engine: EngineProcess | undefined;
  /** Names that this process was promised: it sees them at once. */
  readonly mine: Set<string>;
  isPaused: boolean;
}

interface Run {
  readonly world: SimulatedEnv;
  /** One process of each machine that does nothing but start others. */
  readonly roots: readonly SimulatedEnv[];
  readonly random: Random;
  readonly slots: readonly Slot[];
  readonly sent: Map<string, Sent>;
  /** The first thing found wrong. */
  finding: unknown;
}

function below(random: Random, bound: number): number {
  return random.nextU32() % bound;
}

function eventsOf({ name, hasInsertIds }: Sent): EventInput[] {
  return Array.from({ length: ROWS }, (_, row) => ({
    event: "view",
    user_id: `u${row}`,
    time: Date.UTC(2025, 11, 30, row),
    properties: { append: name, row },
    ...(hasInsertIds ? { insert_id: `${name}-${row}` } : {}),
  }));
}

/** Runs in the background; what a store may answer is no finding, anything else is. */
function background(run: Run, work: Promise<void>): void {
  work.catch((error: unknown) => {
    if (!(error instanceof ShaleError)) run.finding ??= error;
  });
}

async function openProcess(run: Run, slot: Slot): Promise<void> {
  const env = run.roots[slot.machine]!.startProcess();
  slot.env = env;
  slot.isPaused = false;
  slot.mine.clear();
  const store = await run.world.clock.holdDuring(openStore({ env }));
  background(run, openProject(slot, env, store));
}

async function openProject(slot: Slot, env: SimulatedEnv, store: Store): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      const project = await store.project("p", { shards: 4 });
      if (slot.env === env) slot.engine = { store, project };
      return;
    } catch (error) {
      if (!(error instanceof ShaleError) || tries === OPEN_TRIES) throw error;
      await env.clock.sleep(500);
    }
  }
}

async function send(slot: Slot, sent: Sent, isCommitted: boolean): Promise<void> {
  sent.calls++;
  const { project } = slot.engine!;
  const env = slot.env;
  await project.append(eventsOf(sent), { durability: isCommitted ? "committed" : "wal" });
  sent.isAcknowledged = true;
  if (isCommitted) sent.isCommitted = true;
  if (slot.env === env) slot.mine.add(sent.name);
}

/** Appends whose rows are there, each whole and once; throws where a promised one is missing. */
function presentIn(events: readonly StoredEvent[], promised: readonly string[]): Set<string> {
  const rows = new Map<string, number>();
  for (const { properties } of events) {
    const name = String(properties["append"]);
    rows.set(name, (rows.get(name) ?? 0) + 1);
  }
  for (const [name, count] of rows) {
    if (count !== ROWS) throw new Error(`append ${name} has ${count} of ${ROWS} rows`);
  }
  for (const name of promised) {
    if (!rows.has(name)) throw new Error(`append ${name} was promised and is missing`);
  }
  return new Set(rows.keys());
}

async function ask(run: Run, slot: Slot): Promise<void> {
  const promised = [...run.sent.values()].filter(({ isCommitted }) => isCommitted);
  const names = [...promised.map(({ name }) => name), ...slot.mine];
  presentIn(await collect(slot.engine!.project.events()), names);
}

function endSlot(slot: Slot): void {
  slot.env = undefined;
  slot.engine = undefined;
  slot.isPaused = false;
  slot.mine.clear();
}

async function act(run: Run, slot: Slot): Promise<void> {
  const { random, sent } = run;
  if (slot.env === undefined) return openProcess(run, slot);
  const { env, engine } = slot;
  const choice = below(random, 100);
  if (slot.isPaused && choice < 60) {
    env.resume();
    slot.isPaused = false;
  } else if (choice < 3) {
    env.kill();
    endSlot(slot);
  } else if (choice < 5) {
    env.losePower();
    for (const other of run.slots) if (other.machine === slot.machine) endSlot(other);
  } else if (choice < 9) {
    env.pause();
    slot.isPaused = true;
  } else if (engine === undefined) {
    return;
  } else if (choice < 12) {
    endSlot(slot);
    background(run, engine.store.close());
  } else if (choice < 25) {
    background(run, ask(run, slot));
  } else if (choice < 35) {
    background(run, engine.project.flush());
  } else if (choice < 45) {
    const failed = [...sent.values()].filter((one) => one.hasInsertIds && !one.isAcknowledged);
    const again = failed[below(random, failed.length)];
    if (again !== undefined) background(run, send(slot, again, choice < 40));
  } else {
    const name = `a${sent.size}`;
    const hasInsertIds = below(random, 2) === 0;
    const one = { name, hasInsertIds, calls: 0, isAcknowledged: false, isCommitted: false };
    sent.set(name, one);
    background(run, send(slot, one, choice < 60));
  }
}

/** Every machine comes back, takes over what its dead left, and a reader elsewhere counts. */
async function settle(run: Run): Promise<void> {
  const { world, slots, roots, sent } = run;
  world.faults.setPlan({});
  for (const { env } of slots) env?.resume();
  await world.faults.clock.sleep(120_000);
  for (const slot of slots) {
    if (slot.engine !== undefined && below(run.random, 2) === 0) await slot.engine.store.close();
    else slot.env?.kill();
    slot.env?.kill();
  }
  for (const root of roots) {
    const store = await world.clock.holdDuring(openStore({ env: root.startProcess() }));
    await store.project("p");
    await store.close();
  }
  const env = world.startProcess({ machine: "other" });
  const store = await world.clock.holdDuring(openStore({ env, readOnly: true }));
  const project = await store.project("p");
  const promised = [...sent.values()].filter(({ isAcknowledged }) => isAcknowledged);
  const present = presentIn(
    await collect(project.events()),
    promised.map(({ name }) => name),
  );
  const reference = referenceStore();
  for (const name of present) await reference.append(eventsOf(sent.get(name)!));
  expect(await answersOf(project, questions)).toEqual(await answersOf(reference, questions));
}

const questions: readonly Query[] = [
  {
    kind: "segmentation",
    from: "2025-12-30",
    to: "2025-12-31",
    unit: "hour",
    by: ["append"],
    series: [
      { select: {}, measure: "total" },
      { select: {}, measure: "unique" },
    ],
  },
  { kind: "timeline", user_id: "u1", limit: 10 },
];

/** One run of random actions in a world that fails by rates; throws what it finds wrong. */
export async function runSimulation(seed: number): Promise<SimulatedEnv> {
  // A bucket refuses fast rewrites of one name, a folder does not.
  const rewriteIntervalMs = seed % 2 === 0 ? 1_000 : undefined;
  const rate = RATES[seed % RATES.length]!;
  const rates = { before: rate, after: rate, late: rate, delay: rate };
  const world = simulatedEnv({ seed, faults: { rates, rewriteIntervalMs } });
  const roots = [world, world.startProcess({ machine: "other" })];
  const slots = [0, 0, 1].map(
    (machine): Slot => ({
      machine,
      env: undefined,
      engine: undefined,
      mine: new Set(),
      isPaused: false,
    }),
  );
  const random = seededRandom(seed + 1_000_000);
  const run: Run = { world, roots, random, slots, sent: new Map(), finding: undefined };
  try {
    for (let step = 0; step < STEPS && run.finding === undefined; step++) {
      await act(run, slots[below(random, slots.length)]!);
      if (below(random, 2) === 0) await world.faults.clock.sleep(1 + below(random, 1_000));
    }
    if (run.finding === undefined) await settle(run);
    if (run.finding !== undefined) throw run.finding;
    return world;
  } finally {
    world.endSimulation();
  }
}
