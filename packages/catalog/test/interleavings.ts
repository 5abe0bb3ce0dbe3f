import type { ListPage, ObjectStore } from "@shale/env";
import { unanswered } from "./paused-store.ts";

/**
 * How a waiting call goes on. lost: a write takes effect without a reply. late: a write fails now
 * and takes effect at a later turn. scan: a listing shows only what stood there all the while.
 */
export type Way = "answered" | "lost" | "late" | "scan";
export interface Turn {
  readonly task: number;
  readonly way: Way;
}

export interface World {
  readonly store: ObjectStore;
  /** The tasks, each with a store of its own. A task that throws is a finding. */
  readonly tasks: readonly ((store: ObjectStore) => Promise<void>)[];
  /** Throws what it finds wrong when all tasks have ended and all writes have landed. */
  check(): Promise<void>;
}

export interface Limits {
  /** Turns that leave a task which could go on. */
  readonly switchesMax: number;
  /** Turns with a way that is not "answered". */
  readonly faultsMax: number;
}

interface WaitingCall {
  ways(): readonly Way[];
  go(way: Way): void;
}

/** Late writes of task t wait as task t + 100. */
const LATE = 100;

/**
 * Plays every interleaving of the tasks' store calls within the limits, each in a new world. Tasks
 * run up to their next call between two turns. Returns the number of runs.
 */
export async function explore(makeWorld: () => Promise<World>, limits: Limits): Promise<number> {
  const open: (readonly Turn[])[] = [[]];
  let runCount = 0;
  for (let prefix = open.pop(); prefix !== undefined; prefix = open.pop()) {
    runCount++;
    open.push(...(await playOnce(await makeWorld(), prefix, limits)));
  }
  return runCount;
}

/** Plays `prefix`, then the first open turn again and again; returns the other ways to go on. */
async function playOnce(
  world: World,
  prefix: readonly Turn[],
  { switchesMax, faultsMax }: Limits,
): Promise<(readonly Turn[])[]> {
  const waiting = new Map<number, WaitingCall>();
  const failures: unknown[] = [];
  const writes = { count: 0 };
  world.tasks.forEach((run, task) => {
    run(storeOfTask(world.store, task, waiting, writes)).catch((error: unknown) => {
      failures.push(error);
    });
  });
  const played: Turn[] = [];
  const branches: (readonly Turn[])[] = [];
  let [switches, faults] = [0, 0];
  for (;;) {
    await new Promise((resolve) => setImmediate(resolve));
    if (waiting.size === 0) break;
    const last = played.at(-1)?.task ?? -1;
    const goesOn = waiting.has(last);
    const others = [...waiting.keys()].filter((task) => task !== last).sort((a, b) => a - b);
    const tasks = goesOn ? [last, ...(switches < switchesMax ? others : [])] : others;
    const turns = tasks.flatMap((task): Turn[] => {
      const ways = waiting.get(task)?.ways() ?? [];
      return ways.slice(0, faults < faultsMax ? undefined : 1).map((way) => ({ task, way }));
    });
    // Calm ways first, so that the run which goes on by itself ends.
    turns.sort((a, b) => Number(a.way !== "answered") - Number(b.way !== "answered"));
    const turn = prefix[played.length] ?? turns[0];
    if (turn === undefined) throw new Error(`No turn is open after ${JSON.stringify(played)}`);
    if (played.length >= prefix.length) {
      for (const other of turns.slice(1)) branches.push([...played, other]);
    }
    if (goesOn && turn.task !== last) switches++;
    if (turn.way !== "answered") faults++;
    played.push(turn);
    const call = waiting.get(turn.task);
    waiting.delete(turn.task);
    call?.go(turn.way);
  }
  try {
    if (failures.length > 0) throw failures[0];
    await world.check();
  } catch (error) {
    const turns = played.map(({ task, way }) => `${task} ${way}`).join(", ");
    throw new Error(`${String(error)}\n  after: ${turns}`, { cause: error });
  }
  return branches;
}

function storeOfTask(
  store: ObjectStore,
  task: number,
  waiting: Map<number, WaitingCall>,
  writes: { count: number },
): ObjectStore {
  function wait<T>(apply: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      waiting.set(task, { ways: () => ["answered"], go: () => void apply().then(resolve, reject) });
    });
  }
  function write<T>(what: string, apply: () => Promise<T>): Promise<T> {
    const applyCounted = (): Promise<T> => {
      writes.count++;
      return apply();
    };
    return new Promise((resolve, reject) => {
      waiting.set(task, {
        ways: () => ["answered", "lost", "late"],
        go(way) {
          if (way === "answered") return void applyCounted().then(resolve, reject);
          if (way === "lost") {
            return void applyCounted().then(() => reject(unanswered("write", what)), reject);
          }
          waiting.set(task + LATE, { ways: () => ["answered"], go: () => void applyCounted() });
          reject(unanswered("write", what));
        },
      });
    });
  }
  /** Begins and ends in turns of its own, as a directory scan does. */
  async function list(prefix: string, options?: Parameters<ObjectStore["list"]>[1]) {
    const first = await wait(() => store.list(prefix, options));
    const writesBefore = writes.count;
    return await new Promise<ListPage>((resolve, reject) => {
      waiting.set(task, {
        ways: () => (writes.count === writesBefore ? ["answered"] : ["answered", "scan"]),
        go(way) {
          const second = store.list(prefix, options);
          const seen = way === "scan" ? second.then((page) => common(first, page)) : second;
          seen.then(resolve, reject);
        },
      });
    });
  }
  return {
    get: (key) => wait(() => store.get(key)),
    head: (key) => wait(() => store.head(key)),
    put: (key, bytes, condition) => write(key, () => store.put(key, bytes, condition)),
    delete: (key, options) => write(key, () => store.delete(key, options)),
    list,
  };
}

function common(first: ListPage, second: ListPage): ListPage {
  const keys = new Set(first.entries.map(({ key }) => key));
  return { ...second, entries: second.entries.filter(({ key }) => keys.has(key)) };
}
