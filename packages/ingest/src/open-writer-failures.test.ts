import type { SimulatedEnv } from "@shale/testing";
import { simulatedEnv } from "@shale/testing";
import { beforeEach, describe, expect, test } from "vitest";
import {
  batchOf,
  findingsOf,
  namesOf,
  prepareProject,
  project,
  readRows,
  readTail,
} from "./ingest.test-support.ts";
import { openWriter } from "./open-writer.ts";
import { recoverLogs } from "./takeover/recover-logs.ts";

const quiet = { flushIntervalMs: 1e9, heartbeatIntervalMs: 1e9 };

async function namesInTail(env: SimulatedEnv): Promise<string[]> {
  return (await readRows(env)).map(({ name }) => name);
}

describe("a disk that fails", () => {
  let env: SimulatedEnv;
  beforeEach(async () => {
    env = simulatedEnv({ seed: 1 });
    await prepareProject(env);
  });

  test.each([
    ["append", { kind: "full" }, "DISK_FULL"],
    ["append", { kind: "torn" }, "DISK_FAILED"],
    ["sync", { kind: "before" }, "DISK_FAILED"],
    ["sync", { kind: "after" }, "DISK_FAILED"],
    ["exists", { kind: "before" }, "DISK_FAILED"],
    ["createLog", { kind: "after" }, "DISK_FAILED"],
  ] as const)(
    "at %s %o: the group is refused, later appends go to a new segment",
    async (what, fault, code) => {
      const writer = await openWriter(env, project, { ...quiet, segmentBytesMax: 1 });
      await writer.append(batchOf("before"));
      env.faults.setPlan({ rules: [{ at: 1, what: [what], fault }] });
      const failed = await writer.append(batchOf("failed", 2)).then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(failed).toMatchObject({ code });
      env.faults.setPlan({});
      const after = await writer.append(batchOf("after"));
      expect(namesOf(writer.takeMemory())).toEqual(["before.0", "after.0"]);
      const seqs = writer.takeMemory().map(({ seqs: [seq] }) => seq);
      expect(seqs).toEqual([...new Set(seqs)]);
      expect(after.first).toBe(seqs[1]);
      await writer.close();
      expect(await namesInTail(env)).toEqual(["before.0", "after.0"]);
    },
  );

  test("a full disk refuses each append at once, while flushes go on, and space ends it", async () => {
    const writer = await openWriter(env, project, quiet);
    await writer.append(batchOf("a"));
    env.faults.setPlan({
      rules: [{ where: "disk", what: ["append", "createLog"], fault: { kind: "full" } }],
    });
    for (const name of ["b", "c"]) {
      await expect(writer.append(batchOf(name))).rejects.toMatchObject({ code: "DISK_FULL" });
    }
    await writer.flush();
    expect(await namesInTail(env)).toEqual(["a.0"]);
    env.faults.setPlan({});
    await writer.append(batchOf("d"));
    await writer.close();
    expect(await namesInTail(env)).toEqual(["a.0", "d.0"]);
  });

  test("an unacknowledged record of a failed group turns up whole after a crash, in its place", async () => {
    const writer = await openWriter(env, project, quiet);
    await writer.append(batchOf("a"));
    env.faults.setPlan({ rules: [{ at: 1, what: ["sync"], fault: { kind: "after" } }] });
    await expect(writer.append(batchOf("b", 2))).rejects.toMatchObject({ code: "DISK_FAILED" });
    await writer.append(batchOf("c"));
    const next = env.startProcess();
    env.kill();
    await recoverLogs(next, project);
    expect(await namesInTail(next)).toEqual(["a.0", "b.0", "b.1", "c.0"]);
  });

  test("a failed group is passed over by a later flush, and its segment goes (W3)", async () => {
    const writer = await openWriter(env, project, quiet);
    env.faults.setPlan({ rules: [{ at: 2, what: ["sync"], fault: { kind: "after" } }] });
    await expect(writer.append(batchOf("lost"))).rejects.toMatchObject({ code: "DISK_FAILED" });
    await writer.append(batchOf("kept"));
    await writer.flush();
    await env.clock.sleep(1000);
    const next = env.startProcess();
    const [folder] = await next.disk.listNames(`${project}/wal`);
    expect(await next.disk.listNames(`${project}/wal/${folder}`)).toEqual([
      "0000000000000002.wal",
      "owner",
    ]);
    env.kill();
    await recoverLogs(next, project);
    expect(await namesInTail(next)).toEqual(["kept.0"]);
  });
});

describe("a store that fails", () => {
  let env: SimulatedEnv;
  const tailPuts = { what: ["put"], keyIncludes: "/tail/" } as const;
  beforeEach(async () => {
    env = simulatedEnv({ seed: 1 });
    await prepareProject(env);
  });

  test("wal appends go on, rows stay in memory, and all come when the store is back", async () => {
    const writer = await openWriter(env, project);
    env.faults.setPlan({ rules: [{ where: "store", fault: { kind: "before" } }] });
    for (const name of ["a", "b", "c"]) {
      await writer.append(batchOf(name));
      await env.clock.sleep(60_000);
    }
    expect(namesOf(writer.takeMemory())).toEqual(["a.0", "b.0", "c.0"]);
    env.faults.setPlan({});
    await env.clock.sleep(10_000);
    expect(await namesInTail(env)).toEqual(["a.0", "b.0", "c.0"]);
    expect(writer.takeMemory()).toEqual([]);
    await writer.close();
  });

  test("committed appends, flushes and blocked appends are refused after storeWaitMs", async () => {
    const writer = await openWriter(env, project, {
      ...quiet,
      memoryBytesMax: 1,
      storeWaitMs: 5000,
    });
    env.faults.setPlan({ rules: [{ where: "store", fault: { kind: "before" } }] });
    const begunMs = env.clock.monotonicMs();
    const committed = writer.append(batchOf("a"), { durability: "committed" });
    const blocked = writer.append(batchOf("b"));
    for (const waiting of [committed, blocked]) {
      await expect(waiting).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    }
    expect(env.clock.monotonicMs() - begunMs).toBeGreaterThanOrEqual(5000);
    expect(env.clock.monotonicMs() - begunMs).toBeLessThan(15_000);
    expect(namesOf(writer.takeMemory())).toEqual(["a.0"]);
    env.faults.setPlan({});
    await writer.flush();
    expect(await namesInTail(env)).toEqual(["a.0"]);
    await writer.close();
  });

  test("a refusal of the store reaches those who wait at once", async () => {
    const writer = await openWriter(env, project, quiet);
    env.faults.setPlan({ rules: [{ ...tailPuts, fault: { kind: "full" } }] });
    const begunMs = env.clock.monotonicMs();
    await writer.append(batchOf("a"));
    await expect(writer.flush()).rejects.toMatchObject({ code: "DISK_FULL" });
    expect(env.clock.monotonicMs() - begunMs).toBeLessThan(1000);
    env.faults.setPlan({});
    await writer.close();
    expect(await namesInTail(env)).toEqual(["a.0"]);
  });

  test("a lost reply is read back, and the same object is not written twice", async () => {
    const writer = await openWriter(env, project, quiet);
    await writer.append(batchOf("a"));
    env.faults.setPlan({ rules: [{ ...tailPuts, at: 1, fault: { kind: "after" } }] });
    await writer.flush();
    await writer.append(batchOf("b"));
    await writer.flush();
    expect(await namesInTail(env)).toEqual(["a.0", "b.0"]);
    await writer.close();
  });

  test("a PUT that lands after it was given up is recognised by its nonce", async () => {
    const writer = await openWriter(env, project, quiet);
    await writer.append(batchOf("a"));
    env.faults.setPlan({ rules: [{ ...tailPuts, at: 1, fault: { kind: "late", operations: 2 } }] });
    await writer.flush();
    await writer.append(batchOf("b"));
    await writer.close();
    expect(await namesInTail(env)).toEqual(["a.0", "b.0"]);
    expect((await readTail(env)).map(({ n }) => n)).toEqual([1, 2, 3]);
  });

  test("rows that came meanwhile are not in an object that is sent again", async () => {
    const writer = await openWriter(env, project, quiet);
    await writer.append(batchOf("a"));
    env.faults.setPlan({ rules: [{ ...tailPuts, fault: { kind: "before" } }] });
    const flushed = writer.flush();
    await env.clock.sleep(1000);
    await writer.append(batchOf("b"));
    env.faults.setPlan({});
    await flushed;
    await writer.flush();
    expect((await readTail(env)).map(({ rowCount }) => rowCount)).toEqual([1, 1]);
    await writer.close();
  });

  test("close() with the store down ends with a typed error, and the log keeps the rows", async () => {
    const writer = await openWriter(env, project, { ...quiet, closeWaitMs: 20_000 });
    await writer.append(batchOf("a"));
    const committed = writer.append(batchOf("b"), { durability: "committed" });
    env.faults.setPlan({ rules: [{ where: "store", fault: { kind: "before" } }] });
    const closed = writer.close();
    await expect(committed).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    await expect(closed).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    await expect(writer.close()).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    await expect(writer.append(batchOf("c"))).rejects.toMatchObject({ code: "STORE_CLOSED" });
    env.faults.setPlan({});
    expect(await recoverLogs(env, project)).toMatchObject([{ outcome: "recovered" }]);
    expect(await namesInTail(env)).toEqual(["a.0", "b.0"]);
    expect(await env.disk.listNames(`${project}/wal`)).toEqual([]);
  });

  test("close() does not wait for a store that refuses", async () => {
    const writer = await openWriter(env, project, quiet);
    await writer.append(batchOf("a"));
    env.faults.setPlan({ rules: [{ ...tailPuts, fault: { kind: "full" } }] });
    const begunMs = env.clock.monotonicMs();
    await expect(writer.close()).rejects.toMatchObject({ code: "DISK_FULL" });
    expect(env.clock.monotonicMs() - begunMs).toBeLessThan(1000);
  });

  test("without a disk a failed close refuses what was not committed", async () => {
    const writer = await openWriter({ ...env, disk: undefined }, project, { closeWaitMs: 5000 });
    env.faults.setPlan({ rules: [{ where: "store", fault: { kind: "before" } }] });
    const append = writer.append(batchOf("a"));
    const closed = writer.close();
    await expect(append).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    await expect(closed).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    env.faults.setPlan({});
    expect(await findingsOf(env, new Map())).toEqual([]);
  });
});
