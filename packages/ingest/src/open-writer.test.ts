import { createProject, loadCatalog, readHeartbeats } from "@shale/catalog";
import type { Env } from "@shale/env";
import { projectId, SEQ_EPOCH_MS, SEQS_PER_MS } from "@shale/model";
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

const startMs = Date.UTC(2026, 0, 1);

describe("openWriter()", () => {
  let env: ReturnType<typeof simulatedEnv>;
  beforeEach(async () => {
    env = simulatedEnv({ seed: 1 });
    await prepareProject(env);
  });

  test("an append gets consecutive seqs of the clock, and is in memory when acknowledged", async () => {
    const writer = await openWriter(env, project);
    const range = await writer.append(batchOf("a", 3));
    expect(range.last - range.first).toBe(2);
    expect(range.first).toBeGreaterThanOrEqual((startMs - SEQ_EPOCH_MS) * SEQS_PER_MS);
    expect(namesOf(writer.takeMemory())).toEqual(["a.0", "a.1", "a.2"]);
    await writer.close();
  });

  test("rows come into the tail within the flush interval, and leave memory then", async () => {
    const writer = await openWriter(env, project, { flushIntervalMs: 700 });
    await writer.append(batchOf("a"));
    expect(await readTail(env)).toEqual([]);
    await env.clock.sleep(800);
    await writer.flush();
    expect((await readRows(env)).map(({ name }) => name)).toEqual(["a.0"]);
    expect(writer.takeMemory()).toEqual([]);
    await writer.close();
  });

  test("flush() covers what was appended before it, acknowledged or not", async () => {
    const writer = await openWriter(env, project, { flushIntervalMs: 1e9 });
    const appends = ["a", "b", "c"].map((name) => writer.append(batchOf(name)));
    await writer.flush();
    expect((await readRows(env)).map(({ name }) => name)).toEqual(["a.0", "b.0", "c.0"]);
    await Promise.all(appends);
    await writer.flush();
    await writer.close();
  });

  test("a committed append is in the tail when it is acknowledged, long before the interval", async () => {
    const writer = await openWriter(env, project, { flushIntervalMs: 1e9 });
    const range = await writer.append(batchOf("a", 2), { durability: "committed" });
    expect(await readRows(env)).toMatchObject([{ seq: range.first }, { seq: range.last }]);
    await writer.close();
  });

  test("concurrent appends share fsyncs and are acknowledged in the order of their seqs", async () => {
    const writer = await openWriter(env, project);
    await writer.append(batchOf("warm"));
    const before = env.faults.begun.length;
    const order: number[] = [];
    const ranges = await Promise.all(
      Array.from({ length: 50 }, async (_, i) => {
        const range = await writer.append(batchOf(`a${i}`));
        order.push(range.first);
        return range;
      }),
    );
    const syncs = env.faults.begun.slice(before).filter(({ what }) => what === "sync");
    expect(syncs.length).toBeLessThanOrEqual(2);
    expect(order).toEqual([...order].sort((left, right) => left - right));
    expect(ranges.map(({ first }) => first)).toEqual(order);
    await writer.close();
  });

  test("close() leaves tail objects and nothing else, the last one sealed", async () => {
    const writer = await openWriter(env, project);
    await Promise.all(["a", "b"].map((name) => writer.append(batchOf(name, 2))));
    const late = writer.append(batchOf("late"));
    await writer.close();
    await late;
    await writer.close();
    expect((await readTail(env)).map(({ sealed }) => sealed).at(-1)).toBe(true);
    expect(await readRows(env)).toHaveLength(5);
    expect(await env.disk.listNames(`${project}/wal`)).toEqual([]);
    expect(await readHeartbeats(env, project)).toEqual([]);
    await expect(writer.append(batchOf("c"))).rejects.toMatchObject({ code: "STORE_CLOSED" });
    await expect(writer.flush()).rejects.toMatchObject({ code: "STORE_CLOSED" });
  });

  test("a writer that never appended leaves a seal", async () => {
    const writer = await openWriter(env, project);
    await writer.close();
    expect(await readTail(env)).toMatchObject([{ n: 1, sealed: true, lastSeq: 0 }]);
  });

  test("without a disk rows are invisible until they are committed, and wal is refused", async () => {
    const bucket: Env = { ...env, disk: undefined };
    const writer = await openWriter(bucket, project);
    await expect(writer.append(batchOf("a"), { durability: "wal" })).rejects.toMatchObject({
      code: "DURABILITY_UNSUPPORTED",
    });
    const append = writer.append(batchOf("b"));
    expect(writer.takeMemory()).toEqual([]);
    await append;
    expect(await readRows(env)).toMatchObject([{ name: "b.0" }]);
    await writer.close();
    expect((await readTail(env)).at(-1)).toMatchObject({ sealed: true });
  });

  test("appends wait while memory is full, and a signal ends the wait", async () => {
    const writer = await openWriter(env, project, { memoryBytesMax: 1, flushIntervalMs: 1e9 });
    env.faults.setPlan({
      rules: [{ what: ["put"], keyIncludes: "/tail/", fault: { kind: "before" } }],
    });
    await writer.append(batchOf("a"));
    const stop = new AbortController();
    const waiting = writer.append(batchOf("b"), { signal: stop.signal });
    const patient = writer.append(batchOf("c"));
    await env.clock.sleep(3000);
    stop.abort();
    await expect(waiting).rejects.toMatchObject({ code: "CANCELLED" });
    env.faults.setPlan({});
    await patient;
    await writer.close();
    expect((await readRows(env)).map(({ name }) => name)).toEqual(["a.0", "c.0"]);
  });

  test("large unflushed rows start a flush before the interval is over", async () => {
    const writer = await openWriter(env, project, { flushRows: 10, flushIntervalMs: 1e9 });
    await writer.append(batchOf("a", 9));
    await env.clock.sleep(10_000);
    expect(await readTail(env)).toEqual([]);
    await writer.append(batchOf("b", 1));
    await env.clock.sleep(1000);
    expect(await readRows(env)).toHaveLength(10);
    await writer.close();
  });

  test("the log rolls into segments, which go when the tail covers them", async () => {
    const writer = await openWriter(env, project, { segmentBytesMax: 1, flushIntervalMs: 1e9 });
    for (const name of ["a", "b", "c"]) await writer.append(batchOf(name));
    const [folder] = await env.disk.listNames(`${project}/wal`);
    const segments = async () =>
      (await env.disk.listNames(`${project}/wal/${folder}`)).filter((name) => /wal$/.test(name));
    expect(await segments()).toHaveLength(3);
    await writer.flush();
    await env.clock.sleep(1000);
    expect(await segments()).toHaveLength(1);
    await writer.close();
  });

  test("later writers start above every seq that was seen, whatever their clocks say", async () => {
    const ahead = env.startProcess({ clockSkewMs: 3_600_000 });
    const first = await openWriter(ahead, project);
    const { last } = await first.append(batchOf("a"));
    await first.flush();
    const second = await openWriter(env, project, { heartbeatIntervalMs: 1000 });
    const before = await second.append(batchOf("b"));
    expect(before.first).toBeGreaterThan(last);
    const later = await first.append(batchOf("c", 5000));
    await env.clock.sleep(10_000);
    expect((await second.append(batchOf("d"))).first).toBeGreaterThan(later.last);
    await first.close();
    await second.close();
    expect(await findingsOf(env, new Map())).toHaveLength(5003);
  });

  test("the heartbeat tells the adopted catalog, the last seq and the oldest unflushed one", async () => {
    const writer = await openWriter(env, project, {
      heartbeatIntervalMs: 1000,
      flushIntervalMs: 1e9,
    });
    const a = await writer.append(batchOf("a", 2));
    const b = await writer.append(batchOf("b", 2));
    await env.clock.sleep(1500);
    const catalog = await loadCatalog(env, project);
    expect(await readHeartbeats(env, project)).toMatchObject([
      {
        ordinal: writer.ordinal,
        catalogVersion: catalog?.version,
        lastSeq: b.last,
        oldestUnflushedSeq: a.first,
      },
    ]);
    await writer.flush();
    await env.clock.sleep(1500);
    expect(await readHeartbeats(env, project)).toMatchObject([{ oldestUnflushedSeq: null }]);
    await writer.close();
  });

  test("options out of range and unknown projects are refused", async () => {
    await expect(openWriter(env, project, { flushRows: 0 })).rejects.toMatchObject({
      code: "OPTION_INVALID",
      path: "flushRows",
    });
    await expect(openWriter(env, projectId("other"))).rejects.toMatchObject({
      code: "PROJECT_NOT_FOUND",
    });
  });

  test("several projects have several writers", async () => {
    const other = projectId("other");
    await createProject(env, { project: other, shards: 1 });
    const writers = [await openWriter(env, project), await openWriter(env, other)];
    for (const writer of writers) await writer.append(batchOf("a"));
    for (const writer of writers) await writer.close();
    expect(await readRows(env)).toHaveLength(1);
  });
});
