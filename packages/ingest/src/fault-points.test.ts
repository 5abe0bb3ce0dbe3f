import type { FaultScenario, SimulatedEnv } from "@shale/testing";
import { faultPoints } from "@shale/testing";
import { describe, expect, test } from "vitest";
import { batchOf, findingsOf, prepareProject, project } from "./ingest.test-support.ts";
import { openWriter } from "./open-writer.ts";
import { recoverLogs } from "./takeover/recover-logs.ts";
import type { Writer } from "./writer.ts";

interface Appended {
  readonly rowCount: number;
  isAcknowledged: boolean;
}
interface Run {
  readonly appends: Map<string, Appended>;
}
const options = {
  flushIntervalMs: 1e9,
  heartbeatIntervalMs: 1e9,
  storeWaitMs: 1000,
  closeWaitMs: 5000,
};

async function append(
  { appends }: Run,
  writer: Writer,
  { name, durability }: { name: string; durability: "wal" | "committed" },
): Promise<void> {
  const appended: Appended = { rowCount: 2, isAcknowledged: false };
  appends.set(name, appended);
  await writer.append(batchOf(name, 2), { durability });
  appended.isAcknowledged = true;
}

/** Another process of the machine recovers, twice: the second finds nothing to do. */
async function recoverAndCheck(env: SimulatedEnv, { appends }: Run): Promise<void> {
  await recoverLogs(env, project);
  const again = await recoverLogs(env, project);
  expect(again).toEqual([]);
  expect(await env.disk.listNames(`${project}/wal`)).toEqual([]);
  expect(await findingsOf(env, appends)).toEqual([]);
}

const appending: FaultScenario<Run> = {
  name: "append",
  async prepare(env) {
    await prepareProject(env);
    return { appends: new Map() };
  },
  async act(env, run) {
    const writer = await openWriter(env, project, { ...options, segmentBytesMax: 2000 });
    const results = await Promise.allSettled([
      append(run, writer, { name: "a", durability: "wal" }),
      append(run, writer, { name: "b", durability: "wal" }),
    ]);
    await append(run, writer, { name: "c", durability: "wal" });
    for (const result of results) if (result.status === "rejected") throw result.reason;
  },
  check: recoverAndCheck,
};

const flushing: FaultScenario<Run> = {
  ...appending,
  name: "flush",
  async act(env, run) {
    const writer = await openWriter(env, project, { ...options, segmentBytesMax: 1 });
    for (const name of ["a", "b"]) await append(run, writer, { name, durability: "wal" });
    await append(run, writer, { name: "c", durability: "committed" });
    await append(run, writer, { name: "d", durability: "wal" });
    await writer.flush();
    await append(run, writer, { name: "e", durability: "wal" });
  },
};

const closing: FaultScenario<Run> = {
  ...appending,
  name: "close",
  async act(env, run) {
    const writer = await openWriter(env, project, options);
    await append(run, writer, { name: "a", durability: "wal" });
    const last = append(run, writer, { name: "b", durability: "wal" });
    await writer.close();
    await last;
  },
};

/** Two logs of dead writers: one partly flushed, in two segments; one that never came to a row. */
const takingOver: FaultScenario<Run> = {
  name: "takeover",
  async prepare(env) {
    await prepareProject(env);
    const run: Run = { appends: new Map() };
    const dying = env.startProcess();
    const writer = await openWriter(dying, project, { ...options, segmentBytesMax: 1 });
    await append(run, writer, { name: "a", durability: "committed" });
    for (const name of ["b", "c"]) await append(run, writer, { name, durability: "wal" });
    const idle = env.startProcess();
    await openWriter(idle, project, options);
    dying.kill();
    idle.kill();
    return run;
  },
  async act(env) {
    await recoverLogs(env, project);
  },
  check: recoverAndCheck,
};

describe("every operation fails once, before or after its effect, torn, or with the process", () => {
  test.each([appending, flushing, closing, takingOver])(
    "$name",
    { timeout: 300_000 },
    async (scenario) => {
      const lines: string[] = [];
      const { tried, skipped } = await faultPoints(scenario, { print: (line) => lines.push(line) });
      expect(tried).toBeGreaterThan(50);
      expect(skipped).toBe(0);
      console.log(...lines);
    },
  );
});
