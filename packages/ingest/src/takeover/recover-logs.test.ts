import { forgetWriter, heartbeatKey, loadCatalog, readHeartbeats, tailKey } from "@shale/catalog";
import { nonceOf } from "@shale/env";
import { emptyTailObject, encodeTailObject } from "@shale/format";
import { tailNumber, writerOrdinal } from "@shale/model";
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
} from "../ingest.test-support.ts";
import { openWriter } from "../open-writer.ts";
import type { Writer } from "../writer.ts";
import { forgetLog } from "./forget-log.ts";
import { listLogs } from "./list-logs.ts";
import { recoverLogs } from "./recover-logs.ts";

const quiet = { flushIntervalMs: 1e9, heartbeatIntervalMs: 1e9 };
const one = writerOrdinal(1);
const folder = `${project}/wal/0000000000000001`;

let env: SimulatedEnv;
let dying: SimulatedEnv;
let writer: Writer;
beforeEach(async () => {
  env = simulatedEnv({ seed: 1 });
  await prepareProject(env);
  dying = env.startProcess();
  writer = await openWriter(dying, project, quiet);
});

async function namesInTail(): Promise<string[]> {
  return (await readRows(env)).map(({ name }) => name);
}

describe("recoverLogs()", () => {
  test("puts a dead writer's rows under its own ordinal, seals, and leaves nothing behind", async () => {
    await writer.append(batchOf("a"), { durability: "committed" });
    const b = await writer.append(batchOf("b", 2));
    dying.kill();
    expect(await recoverLogs(env, project)).toMatchObject([
      { writer: 1, outcome: "recovered", lastSeq: b.last },
    ]);
    expect(await readRows(env)).toMatchObject([
      { writer: 1, name: "a.0" },
      { writer: 1, name: "b.0", seq: b.first, insertId: undefined },
      { writer: 1, name: "b.1", seq: b.last },
    ]);
    expect((await readTail(env)).at(-1)).toMatchObject({ sealed: true, lastSeq: b.last });
    expect(await env.disk.listNames(`${project}/wal`)).toEqual([]);
    expect(await readHeartbeats(env, project)).toEqual([]);
    expect(await recoverLogs(env, project)).toEqual([]);
  });

  test("leaves living writers alone, and takes one that was not heard of for long", async () => {
    await writer.append(batchOf("a"));
    expect(await recoverLogs(env, project)).toEqual([]);
    await env.clock.sleep(59_000);
    expect(await recoverLogs(env, project)).toEqual([]);
    expect(await recoverLogs(env, project, { heartbeatStaleMs: 50_000 })).toHaveLength(1);
    await writer.append(batchOf("b"));
    expect(writer.ordinal).toBe(2);
    await writer.close();
    expect(await namesInTail()).toEqual(["a.0", "b.0"]);
  });

  test("knows a writer that registers while the logs are listed", async () => {
    let late: Writer | undefined;
    const { disk } = env;
    const listing: typeof disk = {
      ...disk,
      async listNames(path) {
        if (path === `${project}/wal`)
          late ??= await openWriter(env.startProcess(), project, quiet);
        return await disk.listNames(path);
      },
    };
    const logs = await listLogs({ ...env, disk: listing }, project);
    expect(logs.map(({ writer, standing, problem }) => [writer, standing, problem])).toEqual([
      [1, "registered", undefined],
      [2, "registered", undefined],
    ]);
    expect(await recoverLogs({ ...env, disk: listing }, project)).toEqual([]);
  });

  test("writers of other machines and without a disk are nothing to it", async () => {
    const elsewhere = env.startProcess({ machine: "other" });
    const other = await openWriter(elsewhere, project, quiet);
    await other.append(batchOf("x"));
    elsewhere.kill();
    expect(await recoverLogs(env, project)).toEqual([]);
    expect(await recoverLogs({ ...env, disk: undefined }, project)).toEqual([]);
    expect(await recoverLogs(elsewhere.startProcess(), project)).toHaveLength(1);
    expect(await namesInTail()).toEqual(["x.0"]);
  });

  test("an idle writer's empty object is no seal (schedule 12)", async () => {
    const { last } = await writer.append(batchOf("a"), { durability: "committed" });
    await writer.append(batchOf("b"));
    dying.kill();
    const n = tailNumber(2);
    const object = emptyTailObject({
      ...{ writer: one, n, lastSeq: last, sealed: false },
      nonce: nonceOf(env.random),
    });
    await env.store.put(tailKey(project, one, n), encodeTailObject(object), { ifAbsent: true });
    await recoverLogs(env, project);
    expect(await namesInTail()).toEqual(["a.0", "b.0"]);
    expect((await readTail(env)).map(({ sealed }) => sealed)).toEqual([false, false, false, true]);
  });

  test("rows that a lost PUT had brought into the tail are not brought again (schedule 12)", async () => {
    await writer.append(batchOf("a"));
    await writer.append(batchOf("b"));
    const fault = { kind: "crash", when: "after" } as const;
    env.faults.setPlan({ rules: [{ what: ["put"], keyIncludes: "/tail/", fault }] });
    void writer.flush();
    await dying.ended;
    env.faults.setPlan({});
    await recoverLogs(env, project);
    expect(await namesInTail()).toEqual(["a.0", "b.0"]);
  });

  test("a store that is down postpones, and the next call goes on", async () => {
    await writer.append(batchOf("a"));
    dying.kill();
    const fault = { kind: "before" } as const;
    env.faults.setPlan({ rules: [{ what: ["put"], keyIncludes: "/tail/", fault }] });
    expect(await recoverLogs(env, project)).toMatchObject([
      { outcome: "postponed", problem: { code: "STORE_UNAVAILABLE" } },
    ]);
    env.faults.setPlan({});
    expect(await recoverLogs(env, project)).toMatchObject([{ outcome: "recovered" }]);
    expect(await namesInTail()).toEqual(["a.0"]);
  });

  test("a log of a writer that the catalog does not know is left as it is", async () => {
    await env.disk.makeFolder(`${project}/wal/0000000000000099`);
    await env.disk.createMarker(`${project}/wal/0000000000000099/owner`, new Uint8Array(3));
    const problem = { code: "WRITER_UNKNOWN" };
    expect(await recoverLogs(env, project)).toMatchObject([
      { writer: 99, outcome: "unreadable", problem },
    ]);
    expect(await listLogs(env, project)).toMatchObject([
      { writer: 1, owner: "alive", problem: undefined },
      { writer: 99, owner: "unknown", problem },
    ]);
  });

  test("a folder without rows and marks, left by an opening that died, is sealed and removed", async () => {
    dying.kill();
    await env.disk.removeFile(`${folder}/owner`);
    expect(await recoverLogs(env, project)).toMatchObject([{ outcome: "recovered", lastSeq: 0 }]);
    expect(await env.disk.listNames(`${project}/wal`)).toEqual([]);
  });
});

describe("a log that cannot be read (W5)", () => {
  async function damageFirstRecord(): Promise<void> {
    const path = `${folder}/0000000000000001.wal`;
    const bytes = await env.disk.readFile(path);
    if (bytes === undefined) throw new Error(path);
    bytes[200] = (bytes[200] ?? 0) ^ 1;
    await env.disk.removeFile(path);
    const file = await env.disk.createLog(path);
    await file.append([bytes]);
    await file.sync();
  }
  beforeEach(async () => {
    await writer.append(batchOf("a"));
    await writer.append(batchOf("b"));
    dying.kill();
    await damageFirstRecord();
  });

  test("stays, is listed, and stops nothing", async () => {
    const second = env.startProcess();
    const other = await openWriter(second, project, quiet);
    await other.append(batchOf("c"));
    second.kill();
    const problem = { code: "WAL_CORRUPT" };
    for (let time = 0; time < 2; time++) {
      const recovered = await recoverLogs(env, project);
      expect(recovered[0]).toMatchObject({ writer: 1, outcome: "unreadable", problem });
      expect(await listLogs(env, project)).toMatchObject([{ writer: 1, owner: "dead", problem }]);
    }
    expect(await namesInTail()).toEqual(["c.0"]);
    expect(await env.disk.listNames(folder)).toEqual(["0000000000000001.wal", "fence", "owner"]);
  });

  test("can be declared lost: then it is sealed where it ends, and no longer listed", async () => {
    await recoverLogs(env, project);
    const forgotten = await forgetLog(env, project, one, { by: "ops" });
    expect(forgotten).toMatchObject({ writer: 1, lastSeq: 0 });
    expect(await readTail(env)).toMatchObject([{ writer: 1, sealed: true }]);
    expect(await recoverLogs(env, project)).toEqual([]);
    expect(await listLogs(env, project)).toMatchObject([
      { standing: "forgotten", problem: undefined },
    ]);
    expect((await loadCatalog(env, project))?.audit).toHaveLength(1);
    expect(await forgetLog(env, project, one, { by: "ops" })).toMatchObject({ lastSeq: 0 });
    expect((await loadCatalog(env, project))?.audit).toHaveLength(1);
  });

  test("is forgotten by the second call when the first ended between seal and catalog", async () => {
    const fault = { kind: "before" } as const;
    env.faults.setPlan({ rules: [{ what: ["put"], keyIncludes: "/catalog/", fault }] });
    await expect(forgetLog(env, project, one, { by: "ops" })).rejects.toMatchObject({
      code: "STORE_UNAVAILABLE",
    });
    env.faults.setPlan({});
    await forgetLog(env, project, one, { by: "ops" });
    expect((await loadCatalog(env, project))?.writers[0]?.forgotten).toMatchObject({ lastSeq: 0 });
  });
});

describe("forgetLog()", () => {
  test("refuses a living writer, a sealed one and one that is not registered", async () => {
    const refused = { code: "WRITER_NOT_FORGETTABLE" };
    await expect(forgetLog(env, project, one, { by: "ops" })).rejects.toMatchObject(refused);
    await writer.close();
    dying.kill();
    await expect(forgetLog(env, project, one, { by: "ops" })).rejects.toMatchObject(refused);
    await expect(forgetLog(env, project, writerOrdinal(7), { by: "ops" })).rejects.toMatchObject({
      code: "WRITER_UNKNOWN",
    });
  });

  test("a writer that lives after all moves its acknowledged rows, and only once (W4)", async () => {
    const elsewhere = env.startProcess({ machine: "other" });
    const lost = await openWriter(elsewhere, project, quiet);
    const a = await lost.append(batchOf("a"), { durability: "committed" });
    const b = await lost.append(batchOf("b", 3, (row) => (row === 1 ? "mine" : undefined)));
    await env.clock.sleep(100_000);
    expect(lost.ordinal).toBe(2);
    await forgetLog(env, project, writerOrdinal(2), { by: "ops" });
    const c = await lost.append(batchOf("c"));
    expect(namesOf(lost.takeMemory())).toEqual(["b.0", "b.1", "b.2", "c.0"]);
    await lost.flush();
    const d = await lost.append(batchOf("d"), { durability: "committed" });
    expect(lost.ordinal).toBe(3);
    expect((await readRows(env)).filter(({ writer: ordinal }) => ordinal > 1)).toEqual([
      { writer: 2, seq: a.first, name: "a.0", insertId: undefined },
      { writer: 3, seq: b.first, name: "b.0", insertId: `~2-${b.first}` },
      { writer: 3, seq: b.first + 1, name: "b.1", insertId: "mine" },
      { writer: 3, seq: b.last, name: "b.2", insertId: `~2-${b.last}` },
      { writer: 3, seq: c.first, name: "c.0", insertId: `~2-${c.first}` },
      { writer: 3, seq: d.first, name: "d.0", insertId: undefined },
    ]);
    const moved = (await readTail(env)).find(({ writer: ordinal }) => ordinal === 3);
    expect(moved?.clientInsertIds).toBe(1);
    await lost.close();
    expect(await elsewhere.disk.listNames(`${project}/wal`)).toEqual([]);
    expect(await env.store.get(heartbeatKey(project, writerOrdinal(2)))).toBeUndefined();
  });

  test("a forgotten log that comes back is not put into the tail", async () => {
    await writer.append(batchOf("a"));
    dying.kill();
    await forgetWriter(env, project, one, { lastSeq: 0, by: "ops" });
    expect(await recoverLogs(env, project)).toEqual([]);
    expect(await findingsOf(env, new Map())).toEqual([]);
  });
});
