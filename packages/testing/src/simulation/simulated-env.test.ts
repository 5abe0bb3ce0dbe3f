import { expect, test } from "vitest";
import type { FaultPlan } from "./fault-plan.ts";
import type { SimulatedEnv } from "./simulated-env.ts";
import { simulatedEnv } from "./simulated-env.ts";

const ifAbsent = { ifAbsent: true } as const;

/** Two processes that write names of their own and race for common ones, with naps between. */
async function race(seed: number, faults: FaultPlan): Promise<SimulatedEnv> {
  const env = simulatedEnv({ seed, faults });
  async function write(process: SimulatedEnv, name: string): Promise<void> {
    for (let i = 0; i < 20; i++) {
      for (const key of [`p/${i}`, `p/${name}-${i}`]) {
        try {
          await process.store.put(key, new Uint8Array([i]), ifAbsent);
          await process.store.list("p/");
        } catch {
          await process.clock.sleep(100);
        }
      }
    }
  }
  await Promise.all([write(env, "a"), write(env.startProcess(), "b")]);
  return env;
}

test("one seed gives one trace, another seed another", async () => {
  const faults = { rates: { before: 0.1, after: 0.1, late: 0.1, delay: 0.1 } };
  const [first, second, other] = [
    await race(5, faults),
    await race(5, faults),
    await race(6, faults),
  ];
  expect(first.faults.trace).toEqual(second.faults.trace);
  expect(first.faults.trace).not.toEqual(other.faults.trace);
  expect(first.clock.nowMs()).toBe(second.clock.nowMs());
  const outcomes = new Set(first.faults.trace.map(({ outcome }) => outcome));
  expect(outcomes).toContain("reply lost, written");
  expect(outcomes).toContain("landed late, written");
});

test("a name is won by one process only, whatever the faults", async () => {
  for (let seed = 0; seed < 20; seed++) {
    const env = await race(seed, { rates: { before: 0.1, after: 0.1, late: 0.2 } });
    const wins = env.faults.trace.filter(
      ({ key, outcome }) => key === "p/7" && /(^|, )written$/.test(outcome),
    );
    expect(wins.length).toBe(1);
  }
});

test("a crash ends the process at the operation that the plan names", async () => {
  const env = simulatedEnv({
    seed: 1,
    faults: { rules: [{ at: 2, what: ["put"], fault: { kind: "crash", when: "after" } }] },
  });
  let reached = "";
  const running = (async () => {
    await env.store.put("a", new Uint8Array(1), ifAbsent);
    reached = "between";
    await env.store.put("b", new Uint8Array(1), ifAbsent);
    reached = "beyond";
  })();
  await Promise.race([running, env.ended]);
  const next = env.startProcess();
  expect(reached).toBe("between");
  expect(await next.store.head("b")).toBeDefined();
  expect(next.processes.stateOf(env.processes.self)).toBe("dead");
  expect(next.processes.stateOf(next.processes.self)).toBe("alive");
  expect(env.clock.sleeperCount).toBe(0);
});

test("a stopped process waits with its call, and goes on when it is continued", async () => {
  const env = simulatedEnv({ seed: 1 });
  const rival = env.startProcess();
  env.pause();
  const put = env.store.put("a", new Uint8Array(1), ifAbsent);
  await env.faults.clock.sleep(60_000);
  expect(rival.processes.stateOf(env.processes.self)).toBe("alive");
  expect(await rival.store.put("a", new Uint8Array(2), ifAbsent)).toMatchObject({ written: true });
  env.resume();
  expect(await put).toEqual({ written: false });
});

test("a kill keeps unsynced bytes, a loss of power takes the whole machine", async () => {
  const env = simulatedEnv({ seed: 3 });
  await env.disk.makeFolder("wal");
  const log = await env.disk.createLog("wal/1");
  await log.append([new Uint8Array(100)]);
  env.kill();
  const second = env.startProcess();
  expect((await second.disk.readFile("wal/1"))?.length).toBe(100);
  const beside = second.startProcess();
  const elsewhere = second.startProcess({ machine: "other", clockSkewMs: 5_000 });
  second.losePower();
  await beside.ended;
  const third = second.startProcess();
  expect((await third.disk.readFile("wal/1"))?.length).toBeLessThan(100);
  expect(await elsewhere.disk.exists("wal/1")).toBe(false);
  expect(elsewhere.clock.nowMs() - third.clock.nowMs()).toBe(5_000);
  expect(elsewhere.processes.stateOf(third.processes.self)).toBe("unknown");
});

test("a fault stops the process in the middle of a command, and others see it alive", async () => {
  const env = simulatedEnv({ seed: 1 });
  const rival = env.startProcess();
  const takeAway = env.faults.addRule({
    at: 2,
    process: 0,
    what: ["put"],
    fault: { kind: "pause" },
  });
  const running = (async () => {
    await env.store.put("a", new Uint8Array(1), ifAbsent);
    return await env.store.put("b", new Uint8Array(1), ifAbsent);
  })();
  await env.stopped();
  expect([env.isPaused, env.isEnded]).toEqual([true, false]);
  takeAway();
  expect(rival.processes.stateOf(env.processes.self)).toBe("alive");
  expect(await rival.store.put("b", new Uint8Array(2), ifAbsent)).toMatchObject({ written: true });
  env.resume();
  expect(await running).toEqual({ written: false });
  env.kill();
  await env.stopped();
  expect(env.isEnded).toBe(true);
});

test("a rule that is added goes before those of the plan, and leaves their counts alone", async () => {
  const before = { kind: "before" } as const;
  const env = simulatedEnv({
    seed: 1,
    faults: { rules: [{ at: 3, what: ["head"], fault: before }] },
  });
  await env.store.head("a");
  const takeAway = env.faults.addRule({ at: 1, what: ["head"], fault: before });
  await expect(env.store.head("a")).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
  takeAway();
  await env.store.head("a");
  await expect(env.store.head("a")).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
});
