import type { StoredEvent } from "@shale/model";
import { ShaleError } from "@shale/model";
import type { FaultScenario, SimulatedEnv, StruckRun } from "@shale/testing";
import { faultPoints, referenceStore } from "@shale/testing";
import { expect } from "vitest";
import type { EngineProcess } from "./engine-process.test-support.ts";
import {
  answersOf,
  appendOf,
  exportOf,
  isLong,
  openEngine,
  plainQueries,
} from "./engine-process.test-support.ts";

/** What the client of the struck process remembers. */
export interface Memory {
  readonly appends: Map<string, { readonly count: number; isAcknowledged: boolean }>;
  /** What another process is doing, which goes on when the struck one ends. */
  rival?: Promise<void>;
}
const ROWS = 5;
const seeds = isLong ? [1, 2, 3, 4, 5, 6, 7, 8] : [1];

export async function append(
  { project }: EngineProcess,
  memory: Memory,
  name: string,
  durability: "wal" | "committed",
): Promise<void> {
  const entry = { count: ROWS, isAcknowledged: false };
  memory.appends.set(name, entry);
  const ack = await project.append(appendOf(name, ROWS), { durability });
  expect(ack).toMatchObject({ accepted: ROWS, rejected: [], durability });
  entry.isAcknowledged = true;
}

/** A failed call must not keep the next one from being made. */
export async function attempt(call: () => Promise<unknown>): Promise<void> {
  try {
    await call();
  } catch (error) {
    if (!(error instanceof ShaleError)) throw error;
  }
}

/** The appends whose rows are there: every acknowledged one, each once and whole or not at all. */
export function presentIn(events: readonly StoredEvent[], memory: Memory): string[] {
  const rows = new Map<string, number>();
  for (const { properties } of events) {
    const name = String(properties["append"]);
    rows.set(name, (rows.get(name) ?? 0) + 1);
  }
  for (const [name, { count, isAcknowledged }] of memory.appends) {
    const found = rows.get(name) ?? 0;
    if (found !== count && (isAcknowledged || found !== 0)) {
      throw new Error(`append ${name}: ${found} of ${count} rows, acknowledged: ${isAcknowledged}`);
    }
  }
  return [...memory.appends.keys()].filter((name) => rows.has(name));
}

const references = new Map<string, Promise<readonly unknown[]>>();
/** What a store with these appends answers to everything, by the reference. */
export function expectedFor(names: readonly string[]): Promise<readonly unknown[]> {
  async function compute(): Promise<readonly unknown[]> {
    const reference = referenceStore();
    for (const name of names) await reference.append(appendOf(name, ROWS));
    return answersOf(reference, plainQueries);
  }
  const key = names.join();
  const known = references.get(key) ?? compute();
  references.set(key, known);
  return known;
}

/** Opens the store again, compares it with the reference, goes on appending, compares once more. */
async function check(env: SimulatedEnv, memory: Memory, run: StruckRun): Promise<void> {
  if (run.error !== undefined && !(run.error instanceof ShaleError)) throw run.error;
  await memory.rival;
  const engine = await openEngine(env);
  const events = await exportOf(engine.project);
  const present = presentIn(events, memory);
  expect(events).toEqual((await expectedFor(present))[0]);
  await append(engine, memory, "afterwards", "wal");
  await engine.store.close();
  const reader = await openEngine(env.startProcess({ machine: "other" }), { readOnly: true });
  const expected = await expectedFor([...present, "afterwards"]);
  expect(await answersOf(reader.project, plainQueries)).toEqual(expected);
}

export function scenario(
  name: string,
  act: (env: SimulatedEnv, memory: Memory) => Promise<void>,
  prepare: (env: SimulatedEnv, memory: Memory) => Promise<void> = prepareProject,
): FaultScenario<Memory> {
  return {
    name,
    async prepare(env) {
      const memory: Memory = { appends: new Map() };
      await prepare(env, memory);
      return memory;
    },
    act,
    check,
  };
}

async function prepareProject(env: SimulatedEnv): Promise<void> {
  const { store } = await openEngine(env);
  await store.close();
}

/** For slow machines: nothing here is about speed. */
export const STRIKE_TIMEOUT_MS = isLong ? 3_600_000 : 600_000;

export async function strike(one: FaultScenario<Memory>): Promise<void> {
  for (const seed of seeds) await faultPoints({ ...one, seed });
}

/** A writer that dies with one append in the tail and two in its log. */
export async function prepareDeadWriter(env: SimulatedEnv, memory: Memory): Promise<void> {
  const dead = env.startProcess();
  const engine = await openEngine(dead);
  await append(engine, memory, "a", "wal");
  await engine.project.flush();
  await append(engine, memory, "b", "wal");
  await append(engine, memory, "c", "wal");
  dead.kill();
}
