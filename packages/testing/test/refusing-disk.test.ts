import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStore, type Project } from "@shale/engine";
import type { Disk, LogFile, ObjectStore } from "@shale/env";
import { filesystemStore, nodeDisk } from "@shale/env";
import { ShaleError } from "@shale/model";
import { simulatedEnv } from "@shale/testing";
import { afterAll, expect, test } from "vitest";
import { collect, openEngine } from "./engine-process.test-support.ts";

const scratch = mkdtempSync(join(tmpdir(), "shale-refusing-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function eventOf(n: number): {
  event: string;
  user_id: string;
  time: number;
  properties: { n: number };
} {
  return {
    event: "view",
    user_id: `u${n % 5}`,
    time: Date.UTC(2025, 11, 1) + n,
    properties: { n },
  };
}
async function numbersOf(project: Project): Promise<number[]> {
  const events = await collect(project.events());
  return events.map(({ properties }) => Number(properties["n"])).sort((a, b) => a - b);
}

test("a disk that fills up refuses appends, keeps what was acknowledged, and takes more when it has room", async () => {
  for (let diskBytesMax = 500; diskBytesMax < 6_000; diskBytesMax += 250) {
    const first = simulatedEnv({ seed: diskBytesMax, faults: { diskBytesMax } });
    const acknowledged: number[] = [];
    const refused: number[] = [];
    const { store, project } = await openEngine(first);
    for (let n = 0; n < 40; n++) {
      try {
        await project.append([eventOf(n)], { durability: "wal" });
        acknowledged.push(n);
      } catch (error) {
        expect(error).toMatchObject({ code: "DISK_FULL", kind: "unavailable" });
        refused.push(n);
      }
    }
    expect(refused.length, `a disk of ${diskBytesMax} bytes`).toBeGreaterThan(0);
    expect(await numbersOf(project)).toEqual(acknowledged);
    first.faults.setPlan({});
    await project.append([eventOf(100)]);
    await store.close();
    const second = await openEngine(first.startProcess());
    const kept = await numbersOf(second.project);
    // A refused append was never promised: it may have reached the disk whole, or not at all.
    expect(kept.filter((n) => !refused.includes(n))).toEqual([...acknowledged, 100]);
    expect(new Set(kept).size).toBe(kept.length);
    await second.store.close();
    first.endSimulation();
  }
});

/** What a file system that is mounted read-only answers. */
function refuse(what: string): never {
  throw new ShaleError("STORE_READ_ONLY", `Cannot ${what}: the file system is read-only`);
}
function readOnlyStore(store: ObjectStore): ObjectStore {
  return {
    get: (key, options) => store.get(key, options),
    head: (key, options) => store.head(key, options),
    list: (prefix, options) => store.list(prefix, options),
    put: async (key) => refuse(`write ${key}`),
    delete: async (key) => refuse(`delete ${key}`),
  };
}
function readOnlyDisk(disk: Disk): Disk {
  return {
    listNames: (path) => disk.listNames(path),
    readFile: (path) => disk.readFile(path),
    exists: (path) => disk.exists(path),
    makeFolder: async (path) => refuse(`make ${path}`),
    createLog: async (path): Promise<LogFile> => refuse(`create ${path}`),
    createMarker: async (path) => refuse(`create ${path}`),
    removeFile: async (path) => refuse(`remove ${path}`),
    removeFolder: async (path) => refuse(`remove ${path}`),
  };
}

test("a root that cannot be written still answers, and refuses appends by their reason", async () => {
  const root = join(scratch, "root");
  const writable = await openStore({ root });
  await (await writable.project("shop")).append([eventOf(1), eventOf(2)]);
  await writable.close();
  const store = await openStore({
    store: readOnlyStore(filesystemStore(root)),
    disk: readOnlyDisk(nodeDisk(root)),
  });
  const project = await store.project("shop");
  expect(await numbersOf(project)).toEqual([1, 2]);
  await expect(project.append([eventOf(3)])).rejects.toMatchObject({
    code: "STORE_READ_ONLY",
    kind: "configuration",
  });
  await expect(store.project("other")).rejects.toMatchObject({ code: "STORE_READ_ONLY" });
  expect(await numbersOf(project)).toEqual([1, 2]);
  await store.close();
});
