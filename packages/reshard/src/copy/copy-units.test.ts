import { readFileSync } from "node:fs";
import { crc32 } from "node:zlib";
import { dayFileKey } from "@shale/catalog";
import { digestsByGeneration } from "@shale/columns";
import {
  createCompactionMemo,
  createReport,
  createRun,
  groupRun,
  hexOf,
  inlineTasks,
  storedRowsOf,
  wholeFileOf,
} from "@shale/compaction";
import type { Project } from "@shale/engine";
import { openStore } from "@shale/engine";
import type { CatalogDocument, DayFileEntry } from "@shale/format";
import { openDayFile, outputId } from "@shale/format";
import type { EventInput } from "@shale/model";
import { projectId, specName } from "@shale/model";
import type { SimulatedEnv } from "@shale/testing";
import { simulatedEnv } from "@shale/testing";
import { expect, test } from "vitest";
import { hasher } from "../../../compaction/test/world.ts";
import { inlineReshardTasks } from "../task/reshard-tasks.ts";
import type { CopyRun } from "./copy-run.ts";
import { copyUnits } from "./copy-units.ts";
import type { CopyUnit } from "./plan-units.ts";

/** More than a row group holds. */
const rowCount = 150_000;
const memoryBytesMax = 8 * 1_048_576;

function eventsFrom(first: number, count: number): EventInput[] {
  return Array.from({ length: count }, (_, i) => ({
    event: i % 3 === 0 ? "buy" : "view",
    user_id: `user-${(first + i) % 20_000}`,
    time: Date.UTC(2025, 11, 30) + first + i,
    properties: { kind: i % 7 },
  }));
}

async function storeOf(env: SimulatedEnv, options: { readonly memoryBytesMax?: number } = {}) {
  return await env.clock.holdDuring(openStore({ env, compaction: "off", ...options }));
}

/** Of each day file of a spec its shard, and the checksums of the users of each row group. */
async function filesOf(env: SimulatedEnv, spec: string) {
  const { entries } = await env.store.list(`p/spec=${spec}/shard=`);
  return await Promise.all(
    entries.map(async ({ key }) => {
      const object = await env.store.get(key);
      const bytes = object?.bytes ?? new Uint8Array(0);
      const footerBytes = Buffer.from(bytes).readUInt32LE(bytes.length - 8) + 8;
      const tail = bytes.subarray(bytes.length - footerBytes);
      const { chunks, footer } = openDayFile(tail, { key, size: bytes.length });
      return { shard: footer.shard, users: chunks.map(([user]) => user?.crc) };
    }),
  );
}

const events = { old: rowCount, new: rowCount };

async function copied({ reshard }: Project, shards: number, options: { full?: boolean } = {}) {
  await reshard.begin({ shards, retention: 0 });
  expect(await reshard.backfill()).toMatchObject({ complete: true });
  const { matched, units } = await reshard.validate(options);
  expect(matched).toBe(true);
  expect(units.map((unit) => ({ old: unit.old.events, new: unit.new.events }))).toEqual([events]);
}

test("a large shard-day is copied in parts, its row groups as they are where they can be", async () => {
  const env = simulatedEnv({ seed: 1 });
  const large = await storeOf(env);
  const writing = await large.project("p", { shards: 1 });
  for (let first = 0; first < rowCount; first += 10_000) {
    await writing.append(eventsFrom(first, 10_000));
  }
  await writing.compact({ mode: "full" });
  await large.close();
  const [whole] = await filesOf(env, "A");
  expect(whole?.users).toHaveLength(2);

  const small = await storeOf(env, { memoryBytesMax });
  const narrow = await small.project("p");
  await copied(narrow, 3);
  const parts = await filesOf(env, "B");
  expect(new Set(parts.map(({ shard }) => shard)).size).toBe(3);
  expect(parts).toHaveLength(6);
  await narrow.reshard.abort({ graceMs: 0 });
  await small.close();

  const store = await storeOf(env);
  const project = await store.project("p");
  await copied(project, 2, { full: true });
  const halves = await filesOf(env, "C");
  expect(halves.map(({ users }) => users)).toEqual(whole?.users.map((one) => [one]));
  await project.reshard.finalize();
  await project.reshard.collect();

  await copied(project, 1);
  expect(await filesOf(env, "D")).toEqual([whole]);
  expect(await project.verify({ full: true })).toMatchObject({ findings: [] });
  await project.reshard.abort({ graceMs: 0 });
  env.endSimulation();
}, 120_000);

/** Row groups of a file of format 1 tell nothing of themselves. */
const oldFile = readFileSync(
  new URL("../../../format/fixtures/v1/day-file.parquet", import.meta.url),
);
const oldFooterBytes = 7634;

async function copyOldFile(generations: DayFileEntry["generations"]) {
  const env = simulatedEnv({ seed: 1 });
  const [source, target] = [specName("A"), specName("B")];
  const jobs = createRun(env, {
    ...{ project: projectId("p"), memo: createCompactionMemo(), memoryBytesMax, computing: 1 },
    ...{ tasks: inlineTasks(hasher), compression: "lz4", parallel: 1, report: createReport() },
    signal: undefined,
  });
  const tail = oldFile.subarray(oldFile.length - oldFooterBytes);
  const { footer } = openDayFile(tail, { key: "k", size: oldFile.length });
  const { day, rows, seqs } = footer;
  const entry = {
    ...{ id: outputId("00000000000000000000000000000001", 0), shard: 0, day, rows, seqs },
    ...{ bytes: oldFile.length, crc: hexOf(crc32(oldFile)), generations, tombstone: 0 },
    ...{ footerBytes: oldFooterBytes, footerCrc: hexOf(crc32(tail)) },
  } as unknown as DayFileEntry;
  const group = groupRun(jobs, { spec: target, shards: 3, group: 0 });
  const sources = [groupRun(jobs, { spec: source, shards: 8, group: 0 })];
  await env.store.put(dayFileKey(jobs.project, source, entry), oldFile, { ifAbsent: true });
  const run: CopyRun = {
    ...{ jobs, sources, targets: [group], operation: "op", pair: { from: 8, to: 3 } },
    ...{ tasks: inlineReshardTasks(hasher), bytesMax: 1, sliceRowsMin: 1 },
  };
  const upTo = { positions: {}, infinite: [{ from: 1, to: 9 }] };
  const unit = { ...{ shard: 0, day, files: [entry], needed: [entry], upTo }, after: null };
  return await copyUnits(
    run,
    group,
    { claimId: "00000000000000000000000000000002" },
    {
      catalog: { tombstones: [], tombstoneKey: "00".repeat(16) } as unknown as CatalogDocument,
      units: [{ ...unit, group: 0, isDone: false } as unknown as CopyUnit],
    },
  );
}

test("a file whose row groups tell no facts is compared with its entry when all are read", async () => {
  const index = wholeFileOf("k", oldFile, oldFooterBytes);
  const generations = digestsByGeneration(storedRowsOf(index, hasher));
  const { added, balance } = await copyOldFile(generations);
  expect(added.length).toBeGreaterThan(3);
  expect(balance.in).toEqual(generations);
  const [first, ...others] = generations;
  const wrong = [{ ...first!, digest: "0".repeat(32) }, ...others];
  await expect(copyOldFile(wrong)).rejects.toMatchObject({ code: "OBJECT_CORRUPT" });
});
