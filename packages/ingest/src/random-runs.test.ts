import type { SimulatedEnv } from "@shale/testing";
import { simulatedEnv } from "@shale/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { batchOf, findingsOf, prepareProject, project } from "./ingest.test-support.ts";
import { openWriter } from "./open-writer.ts";
import { recoverLogs } from "./takeover/recover-logs.ts";
import type { Writer } from "./writer.ts";

const runCount = process.env["SHALE_TEST_LONG"] === "1" ? 2000 : 80;
const timeout = 900_000;

interface Appended {
  readonly rowCount: number;
  isAcknowledged: boolean;
}
const settings = {
  flushIntervalMs: 300,
  heartbeatIntervalMs: 700,
  segmentBytesMax: 4000,
  memoryBytesMax: 20_000,
  storeWaitMs: 2000,
  closeWaitMs: 1e9,
};
type Step =
  | "append"
  | "committed"
  | "flush"
  | "sleep"
  | "take"
  | "kill"
  | "power"
  | "stop"
  | "close";

/** A writer at a time, opened anew whenever the one before is gone, on a world that fails at random. */
async function play(env: SimulatedEnv, steps: readonly Step[]): Promise<Map<string, Appended>> {
  const appends = new Map<string, Appended>();
  const work: Promise<unknown>[] = [];
  let process = env.startProcess();
  let writer: Writer | undefined;
  async function append(to: Writer, name: string, durability: "wal" | "committed"): Promise<void> {
    const appended: Appended = { rowCount: 3, isAcknowledged: false };
    appends.set(name, appended);
    await to.append(batchOf(name, 3), { durability });
    appended.isAcknowledged = true;
  }
  function start(promise: Promise<unknown>): void {
    work.push(Promise.race([promise.catch(() => undefined), process.ended]));
  }
  for (const [index, step] of steps.entries()) {
    if (writer === undefined) {
      const opened = openWriter(process, project, settings).catch(() => undefined);
      writer = await opened;
      if (writer === undefined) continue;
    }
    if (step === "append") start(append(writer, `r${index}`, "wal"));
    else if (step === "committed") start(append(writer, `r${index}`, "committed"));
    else if (step === "flush") start(writer.flush());
    else if (step === "sleep") await env.clock.sleep(200);
    else if (step === "take") start(recoverLogs(env, project, { heartbeatStaleMs: 1 }));
    else if (step === "stop") {
      process.pause();
      await env.clock.sleep(2000);
      const recovered = recoverLogs(env, project, { heartbeatStaleMs: 1 });
      await recovered.catch(() => undefined);
      process.resume();
    } else if (step === "close") {
      start(writer.close());
      writer = undefined;
    } else {
      if (step === "kill") process.kill();
      else {
        process.losePower();
        break; // The world's first process is on this machine too.
      }
      process = env.startProcess();
      writer = undefined;
    }
  }
  env.faults.setPlan({});
  if (writer !== undefined) start(writer.close());
  await Promise.all(work);
  return appends;
}

test(
  "whatever fails and whoever dies: each acknowledged append is in the tail, whole and once",
  async () => {
    const run = fc.record({
      seed: fc.nat(),
      steps: fc.array(
        fc.oneof(
          { weight: 6, arbitrary: fc.constant<Step>("append") },
          { weight: 2, arbitrary: fc.constant<Step>("committed") },
          {
            weight: 4,
            arbitrary: fc.constantFrom<Step>("flush", "sleep", "take", "kill", "stop", "close"),
          },
          { weight: 1, arbitrary: fc.constant<Step>("power") },
        ),
        { maxLength: 30 },
      ),
      rates: fc.constantFrom(
        {},
        { before: 0.02 },
        { after: 0.05 },
        { before: 0.03, after: 0.03, late: 0.03 },
      ),
    });
    const property = fc.asyncProperty(run, async ({ seed, steps, rates }) => {
      const env = simulatedEnv({ seed });
      await prepareProject(env);
      env.faults.setPlan({ rates });
      const appends = await play(env, steps);
      const last = env.startProcess();
      await recoverLogs(last, project, { heartbeatStaleMs: 1 });
      const again = await recoverLogs(last, project, { heartbeatStaleMs: 1 });
      expect(again).toEqual([]);
      expect(await findingsOf(last, appends)).toEqual([]);
    });
    await fc.assert(property, { numRuns: runCount });
  },
  timeout,
);
