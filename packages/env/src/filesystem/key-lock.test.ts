import { existsSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { recordedCalls } from "../../test/failing-calls.ts";
import { temporaryRoots } from "../../test/temporary-folder.ts";
import type { Processes, ProcessIdentity } from "../processes.ts";
import { systemClock } from "../system/system-clock.ts";
import { systemProcesses } from "../system/system-processes.ts";
import { systemRandom } from "../system/system-random.ts";
import { nodeFileCalls } from "./file-calls.ts";
import { filesystemStore } from "./filesystem-store.ts";
import { keyLocks } from "./key-lock.ts";

const freshRoot = temporaryRoots();
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const { SHALE_TEST_LONG } = process.env;

type State = ReturnType<Processes["stateOf"]>;

/** A store where other processes are what their host says: "dead", "alive", "unknown". */
async function setUp({ lockWaitMsMax = 50 } = {}) {
  const root = freshRoot();
  const { self } = systemProcesses();
  const processes: Processes = {
    self,
    stateOf: ({ host }) => (host === self.host ? "alive" : (host as State)),
  };
  const store = filesystemStore(root, { processes, lockWaitMsMax });
  await store.put("d/k", bytes("before"), { ifAbsent: true });
  function plant(name: string, state: State, nonce: string): void {
    const holder = { host: state, pid: 7, started: "", nonce };
    symlinkSync(JSON.stringify(holder), join(root, "d", name));
  }
  const hidden = (): string[] => readdirSync(join(root, "d")).filter((name) => name[0] === ".");
  return { root, store, plant, hidden };
}

test("a dead process's lock is followed, and nothing of it stays", async () => {
  const { store, plant, hidden } = await setUp();
  plant(".lock~k", "dead", "a");
  expect(await store.put("d/k", bytes("after"), { always: true })).toMatchObject({ written: true });
  expect(hidden()).toEqual([]);
});

test("a dead process that followed dead processes is followed too", async () => {
  const { store, plant, hidden } = await setUp();
  plant(".lock~k", "dead", "a");
  plant(".lock~k~a", "dead", "b");
  plant(".lock~k~b", "dead", "c");
  expect(await store.delete("d/k")).toEqual({ deleted: true });
  expect(hidden()).toEqual([]);
});

test("links of a chain whose first lock is gone are void", async () => {
  const { store, plant, hidden } = await setUp();
  plant(".lock~k~a", "alive", "b");
  expect(await store.delete("d/k")).toEqual({ deleted: true });
  expect(hidden()).toEqual([".lock~k~a"]);
});

test("a live holder is waited for, then the store is unavailable", async () => {
  const { root, store, plant } = await setUp();
  plant(".lock~k", "dead", "a");
  plant(".lock~k~a", "alive", "b");
  const file = join(root, "d", ".lock~k");
  await expect(store.delete("d/k")).rejects.toMatchObject({
    code: "STORE_UNAVAILABLE",
    details: { file, host: "alive", pid: 7 },
  });
  expect(await store.head("d/k")).toBeDefined();
  // Creations need no lock, and other keys have their own.
  await store.put("d/other", bytes("x"), { ifAbsent: true });
  await store.delete("d/other");
});

test("a holder on another machine is never followed; the error names the lock", async () => {
  const { root, store, plant, hidden } = await setUp();
  plant(".lock~k", "unknown", "a");
  const file = join(root, "d", ".lock~k");
  await expect(store.put("d/k", bytes("x"), { always: true })).rejects.toMatchObject({
    code: "STORE_LOCKED",
    message: expect.stringContaining(file),
    details: { file },
  });
  expect(hidden()).toEqual([".lock~k"]);
});

test("a lock that is not ours is not touched", async () => {
  const { root, store, hidden } = await setUp();
  const file = join(root, "d", ".lock~k");
  for (const [index, text] of ["nonsense", "{}", "7", '{"host":"dead"}'].entries()) {
    await store.put(`d/k${index}`, bytes("x"), { ifAbsent: true });
    symlinkSync(text, `${file}${index}`);
    await expect(store.delete(`d/k${index}`)).rejects.toMatchObject({ code: "STORE_LOCKED" });
    expect(hidden()).toHaveLength(index + 1);
  }
});

test("a caller that gives up leaves the queue and the lock as they were", async () => {
  const { store, plant, hidden } = await setUp({ lockWaitMsMax: 60_000 });
  plant(".lock~k", "alive", "a");
  const stop = new AbortController();
  const waiting = store.delete("d/k", { signal: stop.signal });
  setTimeout(() => stop.abort("enough"), 5);
  await expect(waiting).rejects.toBe("enough");
  expect(hidden()).toEqual([".lock~k"]);
});

test("an own lock that could not be removed is followed like a dead one's", async () => {
  const root = freshRoot();
  const recorded = recordedCalls();
  const store = filesystemStore(root, { calls: recorded.calls, lockWaitMsMax: 50 });
  await store.put("k", bytes("x"), { ifAbsent: true });
  const before = recorded.log.length;
  await store.put("k", bytes("y"), { always: true });
  const calls = recorded.log.slice(before);
  const release = calls.findIndex((line) => line.startsWith("unlink") && line.includes(".lock~"));
  recorded.arm({ index: release, errno: "EIO", effective: false });
  await expect(store.put("k", bytes("z"), { always: true })).rejects.toMatchObject({
    code: "STORE_UNAVAILABLE",
  });
  expect(existsSync(join(root, "k"))).toBe(true);
  expect(await store.delete("k")).toEqual({ deleted: true });
  expect(readdirSync(root)).toEqual([]);
});

/**
 * Simulated processes over simulated links. A process that is killed makes no further call; every
 * other order of calls is possible. `violations` lists pairs that held the lock at the same time.
 */
function simulate(scheduler: fc.Scheduler, processCount: number) {
  const links = new Map<string, string>();
  const dead = new Set<number>();
  const holding = new Set<number>();
  const violations: string[] = [];
  const errnoError = (code: string): Error =>
    Object.assign(new Error(code), { code, syscall: "simulated" });
  const never = new Promise<never>(() => {});

  function locksOf(pid: number) {
    async function step<T>(label: string, call: () => T): Promise<T> {
      await scheduler.schedule(Promise.resolve(), `${pid} ${label}`);
      return dead.has(pid) ? never : call();
    }
    const calls = {
      ...nodeFileCalls,
      symlink: (target: string, path: string) =>
        step(`symlink ${path}`, () => {
          if (links.has(path)) throw errnoError("EEXIST");
          links.set(path, target);
        }),
      readlink: (path: string) =>
        step(`readlink ${path}`, () => {
          const target = links.get(path);
          if (target === undefined) throw errnoError("ENOENT");
          return target;
        }),
      unlink: (path: string) =>
        step(`unlink ${path}`, () => {
          if (!links.delete(path)) throw errnoError("ENOENT");
        }),
    } as unknown as typeof nodeFileCalls;
    const clock = {
      ...systemClock(),
      monotonicMs: () => 0,
      sleep: () => step("sleep", () => undefined),
    };
    const self: ProcessIdentity = { host: "h", pid, started: "" };
    const processes: Processes = {
      self,
      stateOf: (other) => (dead.has(other.pid) ? "dead" : "alive"),
    };
    const folders = { make: async () => {}, sync: async () => {}, forget: () => {} };
    const env = { calls, clock, random: systemRandom(), folders, processes };
    const locks = keyLocks(env, { waitMsMax: 1 });
    return async () =>
      locks.run("/d/k", {}, async () => {
        for (const other of holding) if (!dead.has(other)) violations.push(`${pid} and ${other}`);
        holding.add(pid);
        await step("work", () => undefined);
        await step("work", () => undefined);
        holding.delete(pid);
      });
  }

  async function live(pid: number, rounds: number): Promise<void> {
    const lock = locksOf(pid);
    for (let round = 0; round < rounds; round++) await lock();
  }
  async function kill(pid: number, afterSteps: number): Promise<void> {
    for (let i = 0; i < afterSteps; i++) {
      await scheduler.schedule(Promise.resolve(), `kill ${pid} in ${afterSteps - i}`);
    }
    dead.add(pid);
  }
  return { live, kill, dead, violations, links, processCount };
}

const scenarios = fc.record({
  scheduler: fc.scheduler(),
  rounds: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 2, maxLength: 5 }),
  kills: fc.array(fc.record({ pid: fc.nat(4), afterSteps: fc.nat(25) }), { maxLength: 4 }),
});

const longTest = { timeout: 900_000 };

test("in every order of calls and deaths the lock has one holder", longTest, async () => {
  await fc.assert(
    fc.asyncProperty(scenarios, async ({ scheduler, rounds, kills }) => {
      const world = simulate(scheduler, rounds.length);
      const finished = new Set<number>();
      const lives = rounds.map((count, pid) =>
        world.live(pid, count).then(() => finished.add(pid)),
      );
      const deaths = kills.map(({ pid, afterSteps }) => world.kill(pid, afterSteps));
      await scheduler.waitIdle();
      await Promise.all(deaths);
      expect(world.violations).toEqual([]);
      for (const pid of lives.keys()) expect(finished.has(pid) || world.dead.has(pid)).toBe(true);
      const last = world.live(99, 1);
      await scheduler.waitFor(last);
      expect(world.links.has("/d/.lock~k")).toBe(false);
    }),
    { numRuns: SHALE_TEST_LONG === "1" ? 20_000 : 500 },
  );
});
