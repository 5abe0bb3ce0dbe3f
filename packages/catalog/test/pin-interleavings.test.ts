import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LoggedBatch } from "@shale/columns";
import type { ObjectStore } from "@shale/env";
import { filesystemStore, memoryStore, systemClock } from "@shale/env";
import { decodeTailObject } from "@shale/format";
import { ShaleError, specNameOf, writerOrdinal } from "@shale/model";
import { expect, test } from "vitest";
import { beginClaim } from "../src/manifest/begin-claim.ts";
import { commitClaim } from "../src/manifest/commit-claim.ts";
import { openManifest } from "../src/manifest/open-manifest.ts";
import { openCatalog } from "../src/open-catalog.ts";
import { openPin } from "../src/pin/open-pin.ts";
import type { Pin } from "../src/pin/pin.ts";
import { createPinMemo } from "../src/pin/pin-memo.ts";
import { readHeads } from "../src/pin/read-heads.ts";
import { createProject } from "../src/projects.ts";
import { registerWriter } from "../src/writers.ts";
import type { World } from "./interleavings.ts";
import { explore } from "./interleavings.ts";
import { envOver } from "./log-chain.ts";
import { batchOf, keyOfTail, putTail, shop } from "./tail.ts";

const isLong = process.env["SHALE_TEST_LONG"] === "1";
const timeoutMs = isLong ? 3_600_000 : 60_000;

/** The seqs of writer 1 that a reader of the pin counts. */
async function seqsOf(store: ObjectStore, pin: Pin): Promise<number[]> {
  const seqs: number[] = [];
  for (const { key } of pin.tail) {
    const stored = await store.get(key);
    const { batch } = decodeTailObject(stored!.bytes, { key });
    seqs.push(...(batch?.seqs ?? []));
  }
  for (const batch of pin.memory) seqs.push(...batch.seqs);
  return seqs;
}

/** What a reader of the first group counts: drained rows, then those of the tail and of memory. */
async function drainedAndTail(store: ObjectStore, pinOnce: () => Promise<Pin>): Promise<number[]> {
  let pin = await pinOnce();
  // An object that was drained and deleted since is met by pinning again (R5).
  while (!(await areThere(store, pin))) pin = await pinOnce();
  const watermark = pin.groups.get(0)?.watermarks.get(writerOrdinal(1))?.n ?? 0;
  const drained = [[10, 11], [12]].slice(0, watermark).flat();
  return [...drained, ...(await seqsOf(store, pin))];
}

async function areThere(store: ObjectStore, { tail }: Pin): Promise<boolean> {
  for (const { key } of tail) if ((await store.head(key)) === undefined) return false;
  return true;
}

const place = { project: shop, spec: specNameOf(0), group: 0 };

/** A drain as far as a reader sees it: watermarks rise to the head, then what is below it goes. */
async function drainAndCollect(view: ObjectStore): Promise<void> {
  const env = envOver(view, 7);
  const chain = openManifest(env, place);
  const first = { positions: {}, infinite: [] };
  const { claim } = await beginClaim(env, chain, { ...place, kind: "drain", inputs: [], first });
  const catalog = await openCatalog(env, shop).loadNewest();
  const heads = await readHeads(env, shop, catalog!, new Map());
  const head = heads.get(writerOrdinal(1))!.head;
  if (head.n === 0) return;
  const balance = { in: [] };
  const watermarks = { positions: { "1": head }, infinite: [] };
  await commitClaim(env, chain, claim.id, { added: [], removed: [], watermarks, balance });
  if (head.n > 1) await view.delete(keyOfTail(1, head.n - 1));
}

/** W3 as far as a reader sees it: n + 1 is put after n is confirmed, memory is freed after that. */
async function flush(store: ObjectStore, n: number, rows: readonly number[]): Promise<void> {
  for (;;) {
    try {
      await putTail(store, { writer: 1, n }, rows);
      return;
    } catch (error) {
      if (!(error instanceof ShaleError && error.code === "STORE_UNAVAILABLE")) throw error;
    }
  }
}

type Task = World["tasks"][number];

/** A writer that flushes twice, and one reader: in the writer's process, or in another one. */
async function worldOf(
  reader: "same process" | "other process",
  { drains }: { readonly drains: boolean } = { drains: false },
): Promise<World> {
  const store = memoryStore();
  const outside = envOver(store, 99);
  await createProject(outside, { project: shop, shards: 8 });
  await registerWriter(outside, shop);
  let memory: readonly LoggedBatch[] = [batchOf(1, [10, 11]), batchOf(1, [12]), batchOf(1, [13])];
  let committed = 0;
  const write: Task = async (view) => {
    await flush(view, 1, [10, 11]);
    committed = 2;
    memory = memory.slice(1);
    await flush(view, 2, [12]);
    committed = 3;
    memory = memory.slice(1);
  };
  const readOwn: Task = async (view) => {
    const pinOnce = () => openPin(envOver(view, 1), shop, { takeMemory: () => memory });
    expect(await drainedAndTail(store, pinOnce)).toEqual([10, 11, 12, 13]);
  };
  const readTwice: Task = async (view) => {
    const env = envOver(view, 2);
    const memo = createPinMemo(env, shop);
    let seen = 0;
    for (let i = 0; i < 2; i++) {
      const least = Math.max(seen, committed);
      const seqs = await drainedAndTail(store, () => openPin(env, shop, {}, memo));
      expect(seqs).toEqual([10, 11, 12, 13].slice(0, seqs.length));
      expect(seqs.length).toBeGreaterThanOrEqual(least);
      seen = seqs.length;
    }
  };
  const read = reader === "same process" ? readOwn : readTwice;
  const tasks = drains ? [write, drainAndCollect, read] : [write, read];
  return { store, tasks, check: async () => undefined };
}

for (const reader of ["same process", "other process"] as const) {
  test(
    `a drain and a deletion neither hide nor double a row, in every interleaving (${reader})`,
    async () => {
      const limits = { switchesMax: isLong ? 3 : 2, faultsMax: 0 };
      const runCount = await explore(() => worldOf(reader, { drains: true }), limits);
      console.log(`flushes, a drain, and pins of the ${reader}: ${runCount} interleavings`);
      expect(runCount).toBeGreaterThan(100);
    },
    timeoutMs,
  );
}

for (const reader of ["same process", "other process"] as const) {
  test(
    `rows are there once and pins never go back, in every interleaving (${reader})`,
    async () => {
      const limits = { switchesMax: isLong ? 4 : 2, faultsMax: 1 };
      const runCount = await explore(() => worldOf(reader), limits);
      console.log(`flushes and pins of the ${reader}: ${runCount} interleavings`);
      expect(runCount).toBeGreaterThan(100);
    },
    timeoutMs,
  );
}

test("on a real file system 12 processes' worth of writers get 12 ordinals, and are pinned", async () => {
  const root = await mkdtemp(join(tmpdir(), "shale-catalog-"));
  try {
    const envs = Array.from({ length: 12 }, (_, i) => ({
      ...envOver(filesystemStore(root), i),
      clock: systemClock(),
    }));
    await Promise.all(envs.map((env) => createProject(env, { project: shop, shards: 8 })));
    const writers = await Promise.all(envs.map((env) => registerWriter(env, shop)));
    const ordinals = writers.map(({ ordinal }) => Number(ordinal)).sort((a, b) => a - b);
    expect(ordinals).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
    await putTail(envs[0]!.store, { writer: 7, n: 1 }, [70]);
    await putTail(envs[1]!.store, { writer: 7, n: 2 }, [71]);
    const pin = await openPin(envs[2]!, shop);
    expect(pin.hi.get(writerOrdinal(7))).toEqual({ n: 2, lastSeq: 71 });
    expect(pin.catalog.version).toBe(13);
  } finally {
    await rm(root, { recursive: true });
  }
});
