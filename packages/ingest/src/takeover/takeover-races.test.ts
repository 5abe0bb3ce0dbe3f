import { writerOrdinal } from "@shale/model";
import type { SimulatedEnv } from "@shale/testing";
import { simulatedEnv } from "@shale/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { batchOf, findingsOf, prepareProject, project } from "../ingest.test-support.ts";
import { openWriter } from "../open-writer.ts";
import { stoppingEnv } from "../stopping-env.test-support.ts";
import type { Writer } from "../writer.ts";
import { recoverLogs } from "./recover-logs.ts";

const runCount = process.env["SHALE_TEST_LONG"] === "1" ? 3000 : 80;
const quiet = {
  flushIntervalMs: 1e9,
  heartbeatIntervalMs: 1e9,
  segmentBytesMax: 1,
  closeWaitMs: 1e9,
};

interface Appended {
  readonly rowCount: number;
  isAcknowledged: boolean;
}
type Appends = Map<string, Appended>;

async function append(appends: Appends, writer: Writer, name: string): Promise<void> {
  const appended: Appended = { rowCount: 2, isAcknowledged: false };
  appends.set(name, appended);
  await writer.append(batchOf(name, 2));
  appended.isAcknowledged = true;
}

/** A writer with rows in its tail, rows in its log alone, and a PUT that may land during the race. */
async function leaveLog(
  env: SimulatedEnv,
  { appends, lateBy }: { appends: Appends; lateBy: number },
): Promise<void> {
  const writer = await openWriter(env, project, quiet);
  await append(appends, writer, "a");
  await writer.flush();
  for (const name of ["b", "c", "d"]) await append(appends, writer, name);
  if (lateBy === 0) return;
  const fault = { kind: "late", operations: lateBy } as const;
  env.faults.setPlan({
    rules: [{ process: env.position, what: ["put"], keyIncludes: "/tail/", fault }],
  });
  void writer.flush();
  while (!env.faults.trace.some(({ outcome }) => outcome === "failed, to land late")) {
    await env.clock.sleep(10);
  }
}

/** Takers that run at once, on a log whose last PUT may still land; one of them may die. */
async function runTakers(race: {
  readonly seed: number;
  readonly takerCount: number;
  readonly lateBy: number;
  readonly crashAt: number;
  readonly crash: "none" | "before" | "after";
}): Promise<void> {
  const { seed, takerCount, lateBy, crashAt, crash } = race;
  const env = simulatedEnv({ seed });
  await prepareProject(env);
  const appends: Appends = new Map();
  const dead = env.startProcess();
  await leaveLog(dead, { appends, lateBy });
  dead.kill();
  const takers = Array.from({ length: takerCount }, () => env.startProcess());
  // Delays, or whoever lost one number would stay behind for good.
  const rates = { delay: 0.1 };
  if (crash === "none") env.faults.setPlan({ rates });
  else {
    const fault = { kind: "crash", when: crash } as const;
    env.faults.setPlan({ rates, rules: [{ process: takers[0]?.position, at: crashAt, fault }] });
  }
  await Promise.all(
    takers.map((taker) => Promise.race([recoverLogs(taker, project), taker.ended])),
  );
  env.faults.setPlan({});
  await recoverLogs(env, project);
  expect(await findingsOf(env, appends)).toEqual([]);
  expect(await env.disk.listNames(`${project}/wal`)).toEqual([]);
}

/** A writer stopped at one call, continued in the middle of a takeover, and perhaps killed then. */
async function runContinued(race: {
  readonly seed: number;
  readonly stopAt: number;
  readonly when: "before" | "after";
  readonly resumeAfter: number;
  readonly takerCount: number;
  readonly killAfter: number | undefined;
}): Promise<void> {
  const { seed, stopAt, when, resumeAfter, takerCount, killAfter } = race;
  const process = simulatedEnv({ seed });
  await prepareProject(process);
  const appends: Appends = new Map();
  const env = stoppingEnv(process, { at: stopAt, when });
  async function act(): Promise<void> {
    const writer = await openWriter(env, project, quiet);
    await append(appends, writer, "a");
    await Promise.all(["b", "c"].map((name) => append(appends, writer, name)));
    await writer.flush();
    await Promise.all(["d", "e"].map((name) => append(appends, writer, name)));
    await append(appends, writer, "f");
    await writer.close();
  }
  const acting = act();
  await Promise.race([env.stopped, acting]);
  const takers = Array.from({ length: takerCount }, () => process.startProcess());
  const rates = { delay: 0.1 };
  process.faults.setPlan({ rates });
  const begun = process.faults.begun.length;
  let areDone = false;
  const taking = takers.map((taker) =>
    recoverLogs(taker, project, { force: [1, 2].map(writerOrdinal) }),
  );
  const done = Promise.all(taking).then(() => {
    areDone = true;
  });
  while (!areDone && process.faults.begun.length - begun < resumeAfter) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (killAfter !== undefined) {
    const fault = { kind: "crash", when: "before" } as const;
    process.faults.setPlan({ rates, rules: [{ process: 0, at: killAfter, fault }] });
  }
  process.resume();
  await Promise.all([Promise.race([acting, process.ended]), done]);
  const last = process.startProcess();
  await recoverLogs(last, project);
  expect(await findingsOf(last, appends)).toEqual([]);
  if (killAfter !== undefined) return;
  expect([...appends.values()].every(({ isAcknowledged }) => isAcknowledged)).toBe(true);
}
const continued = {
  seed: fc.nat(),
  stopAt: fc.integer({ min: 1, max: 70 }),
  when: fc.constantFrom("before" as const, "after" as const),
  takerCount: fc.integer({ min: 1, max: 2 }),
};

describe("takers that race for one log (W4)", { timeout: 900_000 }, () => {
  test("are harmless to each other and to the rows, with late PUTs and dying takers", async () => {
    const race = fc.record({
      seed: fc.nat(),
      takerCount: fc.integer({ min: 2, max: 3 }),
      lateBy: fc.integer({ min: 0, max: 40 }),
      crashAt: fc.integer({ min: 1, max: 60 }),
      crash: fc.constantFrom("none" as const, "before" as const, "after" as const),
    });
    await fc.assert(fc.asyncProperty(race, runTakers), { numRuns: runCount });
  });

  test("and so is the writer itself, continued in the middle of a takeover", async () => {
    const race = fc.record({
      ...continued,
      resumeAfter: fc.integer({ min: 0, max: 30 }),
      killAfter: fc.constant(undefined),
    });
    await fc.assert(fc.asyncProperty(race, runContinued), { numRuns: runCount });
  });

  test("also when it dies soon after, with what it acknowledged in no memory (W2)", async () => {
    const race = fc.record({
      ...continued,
      resumeAfter: fc.integer({ min: 0, max: 60 }),
      killAfter: fc.integer({ min: 1, max: 15 }),
    });
    await fc.assert(fc.asyncProperty(race, runContinued), { numRuns: 2 * runCount });
  });
});
