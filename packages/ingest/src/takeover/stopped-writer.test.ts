import type { Env } from "@shale/env";
import { listAll } from "@shale/env";
import { decodeTailObject } from "@shale/format";
import type { WriterOrdinal } from "@shale/model";
import { writerOrdinal } from "@shale/model";
import type { SimulatedEnv } from "@shale/testing";
import { simulatedEnv } from "@shale/testing";
import { describe, expect, test } from "vitest";
import { batchOf, findingsOf, prepareProject, project, rowsOf } from "../ingest.test-support.ts";
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
}

/** Appends of both durabilities, alone and together, flushes, and a clean end. */
async function act(env: Env, { appends, problems }: Run): Promise<void> {
  const writer = await openWriter(env, project, quiet);
  async function append(name: string, durability: "wal" | "committed"): Promise<void> {
    const appended: Appended = { rowCount: 2, isAcknowledged: false };
    appends.set(name, appended);
    await writer.append(batchOf(name, 2), { durability });
    appended.isAcknowledged = true;
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
  seed: number,
  point: StoppingPoint | undefined,
  whileStopped: (taker: SimulatedEnv) => Promise<void>,
): Promise<{ run: Run; taker: SimulatedEnv; env: StoppingEnv; isReached: boolean }> {
  const simulated = simulatedEnv({ seed });
  await prepareProject(simulated);
  const taker = simulated.startProcess();
  const env = stoppingEnv(simulated, point);
  const run: Run = { appends: new Map(), problems: [] };
  const acting = act(env, run);
  const isReached = await Promise.race([env.stopped.then(() => true), acting.then(() => false)]);
  if (isReached) await whileStopped(taker);
  simulated.resume();
  await acting;
  return { run, taker, env, isReached };
}

async function eachPoint(visit: (point: StoppingPoint) => Promise<void>): Promise<number> {
  const { env } = await runStopped(1, undefined, async () => {});
  for (let at = 1; at <= env.callCount; at++) {
    for (const when of ["before", "after"] as const) await visit({ at, when });
  }
  return env.callCount;
}

describe("a writer that is stopped, taken over and continued (W4)", () => {
  test("loses and doubles nothing, wherever it is stopped, and goes on", async () => {
    let isMoved = false;
    const count = await eachPoint(async (point) => {
      const { run, taker } = await runStopped(1, point, async (other) => {
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

  /**
   * The taker's rows and seal are drained and all but the highest object is collected while the
   * writer sleeps. Its late PUT then finds its number free again, below every watermark.
   */
  test("nor when everything was drained and collected meanwhile", async () => {
    let orphanCount = 0;
    await eachPoint(async (point) => {
      const drained: string[] = [];
      const watermarks = new Map<number, number>();
      const { run, taker } = await runStopped(1, point, async (other) => {
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
});
