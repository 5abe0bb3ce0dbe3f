import { tailKey } from "@shale/catalog";
import type { Env } from "@shale/env";
import { listAll } from "@shale/env";
import { decodeTailObject } from "@shale/format";
import type { WriterOrdinal } from "@shale/model";
import { tailNumber, writerOrdinal } from "@shale/model";
import type { SimulatedEnv } from "@shale/testing";
import { simulatedEnv } from "@shale/testing";
import { describe, expect, test } from "vitest";
import {
  batchOf,
  findingsOf,
  prepareProject,
  project,
  readRows,
  rowsOf,
} from "../ingest.test-support.ts";
import { openWriter } from "../open-writer.ts";
import type { StoppingEnv, StoppingPoint } from "../stopping-env.test-support.ts";
import { stoppingEnv } from "../stopping-env.test-support.ts";
import { recoverLogs } from "./recover-logs.ts";

const first: WriterOrdinal = writerOrdinal(1);
const quiet = { flushIntervalMs: 1e9, heartbeatIntervalMs: 1e9, segmentBytesMax: 3000 };

interface Appended {
  readonly rowCount: number;
  isAcknowledged: boolean;
}
interface Run {
  readonly appends: Map<string, Appended>;
  readonly problems: string[];
  /** Called at each acknowledgement. */
  onAcknowledged: () => void;
}

/** Appends of both durabilities, alone and together, flushes, and a clean end. */
async function act(env: Env, run: Run): Promise<void> {
  const { appends, problems } = run;
  const writer = await openWriter(env, project, quiet);
  async function append(name: string, durability: "wal" | "committed"): Promise<void> {
    const appended: Appended = { rowCount: 2, isAcknowledged: false };
    appends.set(name, appended);
    await writer.append(batchOf(name, 2), { durability });
    appended.isAcknowledged = true;
    run.onAcknowledged();
  }
  await append("a", "wal");
  await Promise.all([append("b", "wal"), append("c", "wal"), append("d", "committed")]);
  await append("e", "wal");
  await writer.flush();
  await Promise.all([append("f", "committed"), append("g", "wal")]);
  const memory = writer.takeMemory().flatMap(rowsOf);
  if (memory.some(({ writer: ordinal }) => ordinal !== writer.ordinal)) {
    problems.push("memory holds rows of another ordinal");
  }
  await writer.close();
}

async function runStopped(
  point: StoppingPoint | undefined,
  whileStopped: (taker: SimulatedEnv) => Promise<void>,
  then: "goes on" | "dies at its next acknowledgement" = "goes on",
): Promise<{ run: Run; taker: SimulatedEnv; env: StoppingEnv }> {
  const simulated = simulatedEnv({ seed: 1 });
  await prepareProject(simulated);
  const taker = simulated.startProcess();
  const env = stoppingEnv(simulated, point);
  const run: Run = { appends: new Map(), problems: [], onAcknowledged: () => {} };
  const acting = act(env, run);
  const isReached = await Promise.race([env.stopped.then(() => true), acting.then(() => false)]);
  if (isReached) await whileStopped(taker);
  if (then !== "goes on") run.onAcknowledged = () => simulated.kill();
  simulated.resume();
  await Promise.race([acting, simulated.ended]);
  return { run, taker, env };
}

async function eachPoint(visit: (point: StoppingPoint) => Promise<void>): Promise<number> {
  const { env } = await runStopped(undefined, async () => {});
  for (let at = 1; at <= env.callCount; at++) {
    for (const when of ["before", "after"] as const) await visit({ at, when });
  }
  return env.callCount;
}

describe("a writer that is stopped, taken over and continued (W4)", { timeout: 300_000 }, () => {
  test("loses and doubles nothing, wherever it is stopped, and goes on", async () => {
    let isMoved = false;
    const count = await eachPoint(async (point) => {
      const { run, taker } = await runStopped(point, async (other) => {
        await recoverLogs(other, project, { force: [first] });
      });
      const where = `stopped ${point.when} call ${point.at}`;
      expect(await findingsOf(taker, run.appends), where).toEqual([]);
      expect(
        [...run.appends.values()].every(({ isAcknowledged }) => isAcknowledged),
        where,
      ).toBe(true);
      expect(run.problems, where).toEqual([]);
      expect(await taker.disk.listNames(`${project}/wal`), where).toEqual([]);
      isMoved ||=
        (await taker.store.list(`${project}/tail/${"2".padStart(16, "0")}`)).entries.length > 0;
    });
    expect(count).toBeGreaterThan(40);
    expect(isMoved).toBe(true);
  });

  test("also when it dies as soon as it has acknowledged something, its memory with it", async () => {
    await eachPoint(async (point) => {
      const take = (taker: SimulatedEnv) => recoverLogs(taker, project, { force: [first] });
      const { run, taker } = await runStopped(
        point,
        async (other) => void (await take(other)),
        "dies at its next acknowledgement",
      );
      await recoverLogs(taker, project);
      const where = `stopped ${point.when} call ${point.at}`;
      expect(await findingsOf(taker, run.appends), where).toEqual([]);
    });
  });

  /**
   * The taker's rows and seal are drained and all but the highest object is collected while the
   * writer sleeps. Its late PUT then finds its number free again, below every watermark.
   */
  test("nor when everything was drained and collected meanwhile", async () => {
    let orphanCount = 0;
    await eachPoint(async (point) => {
      const drained: string[] = [];
      const watermarks = new Map<number, number>();
      const { run, taker } = await runStopped(point, async (other) => {
        await recoverLogs(other, project, { force: [first] });
        const objects = [];
        for await (const { key } of listAll(other.store, `${project}/tail/`)) {
          const stored = await other.store.get(key);
          if (stored === undefined) throw new Error(key);
          objects.push({ key, ...decodeTailObject(stored.bytes, { key }) });
        }
        for (const { writer, n } of objects) watermarks.set(writer, n);
        for (const { batch, key, writer, n } of objects) {
          if (batch !== undefined) drained.push(...rowsOf(batch).map(({ name }) => name));
          if (n !== watermarks.get(writer)) await other.store.delete(key);
        }
      });
      const names = [...drained];
      for await (const { key } of listAll(taker.store, `${project}/tail/`)) {
        const stored = await taker.store.get(key);
        if (stored === undefined) throw new Error(key);
        const { batch, writer, n } = decodeTailObject(stored.bytes, { key });
        if (batch === undefined) continue;
        if (n <= (watermarks.get(writer) ?? 0)) orphanCount++;
        else names.push(...rowsOf(batch).map(({ name }) => name));
      }
      const expected = [...run.appends].flatMap(([name, { isAcknowledged }]) =>
        isAcknowledged ? [`${name}.0`, `${name}.1`] : [],
      );
      expect(names.sort(), `stopped ${point.when} call ${point.at}`).toEqual(expected.sort());
      expect(expected).toHaveLength(14);
    });
    expect(orphanCount).toBeGreaterThan(0);
  });

  test("a PUT that lands after its number was taken over and collected is not believed", async () => {
    const process = simulatedEnv({ seed: 1 });
    await prepareProject(process);
    const taker = process.startProcess();
    const writer = await openWriter(process, project, quiet);
    const a = await writer.append(batchOf("a"));
    // The writer stops when its PUT is on the way.
    process.faults.setPlan({
      rules: [
        {
          process: 0,
          at: 1,
          what: ["put"],
          keyIncludes: "/tail/",
          fault: { kind: "delay", ms: 1000 },
        },
      ],
    });
    const committed = writer.append(batchOf("b"), { durability: "committed" });
    while (
      !process.faults.begun.some(({ what, key }) => what === "put" && key.includes("/tail/"))
    ) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    process.pause();
    await recoverLogs(taker, project, { force: [first] });
    const taken = await readRows(taker);
    expect(taken.map(({ name }) => name)).toEqual(["a.0", "b.0"]);
    const key = tailKey(project, first, tailNumber(1));
    await taker.store.delete(key);
    process.resume();
    const b = await committed;
    expect(taken.map(({ seq }) => seq)).toEqual([a.first, b.first]);
    expect(await taker.store.head(key)).toBeDefined(); // It has landed, and nobody reads it.
    expect(writer.takeMemory()).toEqual([]);
    await taker.clock.sleep(1000);
    expect(writer.ordinal).toBe(2); // Without any further append that would meet the fence.
    const c = await writer.append(batchOf("c"), { durability: "committed" });
    expect((await readRows(taker)).at(-1)).toMatchObject({ writer: 2, seq: c.first, name: "c.0" });
    await writer.close();
  });
});
