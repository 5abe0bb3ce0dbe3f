import { memoryDisk } from "@shale/env";
import { writerOrdinal } from "@shale/model";
import { simulatedEnv } from "@shale/testing";
import { beforeEach, describe, expect, test } from "vitest";
import { seqColumnOf } from "../append/seq-clock.ts";
import { batchOf, namesOf } from "../ingest.test-support.ts";
import { isFenced, removeLog, writeFence } from "./fence.ts";
import { decodeOwner, encodeOwner } from "./log-owner.ts";
import { logFolderOf, segmentNamesOf, writerOfFolder } from "./log-paths.ts";
import { readLog } from "./read-log.ts";
import type { WriterLog } from "./writer-log.ts";
import { createWriterLog } from "./writer-log.ts";

const writer = writerOrdinal(7);
const folder = "p/wal/0000000000000007";

function loggedOf(name: string, first: number) {
  return { ...batchOf(name), writer, seqs: seqColumnOf(first, 1) };
}

describe("a writer's log", () => {
  const disk = memoryDisk();
  const env = simulatedEnv({ seed: 1 });
  let log: WriterLog;
  beforeEach(async () => {
    await disk.removeFolder(folder);
    await disk.createMarker(`${folder}/owner`, new Uint8Array(0));
    log = createWriterLog(env, disk, { folder, writer, segmentBytesMax: 1 });
  });

  test("is read back in the order of its records, over several segments", async () => {
    for (let seq = 1; seq <= 12; seq++) await log.commit([loggedOf(`r${seq}`, seq)]);
    expect(await disk.listNames(folder)).toHaveLength(13);
    const names = namesOf(await readLog(disk, { folder, writer }));
    expect(names).toEqual(Array.from({ length: 12 }, (_, i) => `r${i + 1}.0`));
  });

  test("loses segments only when the tail covers all they hold (W3)", async () => {
    await log.commit([loggedOf("a", 1), loggedOf("b", 2)]);
    await log.commit([loggedOf("c", 3)]);
    await log.commit([loggedOf("d", 4)]);
    await log.removeThrough(1);
    expect(await readLog(disk, { folder, writer })).toHaveLength(4);
    await log.removeThrough(3);
    expect(namesOf(await readLog(disk, { folder, writer }))).toEqual(["d.0"]);
  });

  test("rows that are logged again after a failure are read once", async () => {
    await log.commit([loggedOf("a", 1), loggedOf("b", 2)]);
    await log.commit([loggedOf("a", 1), loggedOf("b", 2), loggedOf("c", 3)]);
    expect(namesOf(await readLog(disk, { folder, writer }))).toEqual(["a.0", "b.0", "c.0"]);
  });

  test("a fence and a removed log both stop its writer (W2)", async () => {
    expect(await log.commit([loggedOf("a", 1)])).toBe("durable");
    await writeFence(disk, folder);
    expect(await log.commit([loggedOf("b", 2)])).toBe("fenced");
    await removeLog(disk, folder);
    expect(await disk.listNames(folder)).toEqual([]);
    expect(await isFenced(disk, folder)).toBe(true);
    const later = createWriterLog(env, disk, { folder, writer, segmentBytesMax: 1 });
    expect(await later.commit([loggedOf("c", 3)])).toBe("fenced");
  });

  test("a log that is removed between the two looks is fenced all the same", async () => {
    await writeFence(disk, folder);
    const removing = {
      ...disk,
      async exists(path: string) {
        const isThere = await disk.exists(path);
        await removeLog(disk, folder);
        return isThere;
      },
    };
    expect(await isFenced(removing, folder)).toBe(true);
  });

  test("another writer's segment in the folder is corruption", async () => {
    await log.commit([loggedOf("a", 1)]);
    await expect(readLog(disk, { folder, writer: writerOrdinal(8) })).rejects.toMatchObject({
      code: "WAL_CORRUPT",
    });
  });
});

describe("names and marks of a log", () => {
  test("folders are the writers' ordinals, segments sort by their numbers", () => {
    expect(writerOfFolder("0000000000000007")).toBe(7);
    for (const name of ["7", "0000000000000000", "owner", "00000000000000007"]) {
      expect(writerOfFolder(name)).toBeUndefined();
    }
    expect(logFolderOf("p" as never, writer)).toBe(folder);
    expect(
      segmentNamesOf(["owner", "0000000000000002.wal", "0000000000000001.wal", "fence"]),
    ).toEqual(["0000000000000001.wal", "0000000000000002.wal"]);
  });

  test("an owner's mark says what it was made of, and a broken one says nothing", () => {
    const owner = { process: { host: "h", pid: 5, started: "s" }, nonce: "ab" };
    expect(decodeOwner(encodeOwner(owner))).toEqual(owner);
    for (const text of ["", "{", "null", '{"host":1}', '{"host":"h","pid":5,"started":7}']) {
      expect(decodeOwner(new TextEncoder().encode(text))).toBeUndefined();
    }
  });
});
