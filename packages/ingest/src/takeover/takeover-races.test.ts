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

const runCount = process.env["SHALE_TEST_LONG"] === "1" ? 3000 : 150;
const timeout = 900_000;
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

describe("takers that race for one log (W4)", () => {
  test(
    "are harmless to each other and to the rows, in any interleaving, with late PUTs",
    async () => {
      const race = fc.record({
        seed: fc.nat(),
        takerCount: fc.integer({ min: 2, max: 3 }),
        lateBy: fc.integer({ min: 0, max: 40 }),
        crashAt: fc.integer({ min: 1, max: 60 }),
        crash: fc.constantFrom("none", "before", "after"),
      });
      const property = fc.asyncProperty(
        race,
        async ({ seed, takerCount, lateBy, crashAt, crash }) => {
          const env = simulatedEnv({ seed });
          await prepareProject(env);
          const appends: Appends = new Map();
          const dead = env.startProcess();
          await leaveLog(dead, { appends, lateBy });
          dead.kill();
          const takers = Array.from({ length: takerCount }, () => env.startProcess());
          env.faults.setPlan({
            rules:
              crash === "none"
                ? []
                : [
                    {
                      process: takers[0]?.position,
                      at: crashAt,
                      fault: { kind: "crash", when: crash },
                    },
                  ],
          });
          await Promise.all(
            takers.map((taker) => Promise.race([recoverLogs(taker, project), taker.ended])),
          );
          env.faults.setPlan({});
          await recoverLogs(env, project);
          expect(await findingsOf(env, appends)).toEqual([]);
          expect(await env.disk.listNames(`${project}/wal`)).toEqual([]);
        },
      );
      await fc.assert(property, { numRuns: runCount });
    },
    timeout,
  );

  test(
    "and so is the writer itself, continued in the middle of a takeover",
    async () => {
      const race = fc.record({
        seed: fc.nat(),
        stopAt: fc.integer({ min: 1, max: 70 }),
        when: fc.constantFrom("before" as const, "after" as const),
        resumeAfter: fc.integer({ min: 0, max: 30 }),
        takerCount: fc.integer({ min: 1, max: 2 }),
      });
      const property = fc.asyncProperty(race, async (race) => {
        const { seed, stopAt, when, resumeAfter, takerCount } = race;
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
          await writer.close();
        }
        const acting = act();
        await Promise.race([env.stopped, acting]);
        const takers = Array.from({ length: takerCount }, () => process.startProcess());
        const begun = process.faults.begun.length;
        const taking = takers.map((taker) =>
          recoverLogs(taker, project, { force: [1, 2].map(writerOrdinal) }),
        );
        let areDone = false;
        const done = Promise.all(taking).then(() => {
          areDone = true;
        });
        while (!areDone && process.faults.begun.length - begun < resumeAfter) {
          await new Promise((resolve) => setImmediate(resolve));
        }
        process.resume();
        await Promise.all([acting, done]);
        const [other] = takers;
        if (other === undefined) return;
        expect([...appends.values()].every(({ isAcknowledged }) => isAcknowledged)).toBe(true);
        expect(await findingsOf(other, appends)).toEqual([]);
      });
      await fc.assert(property, { numRuns: runCount });
    },
    timeout,
  );
});
