import { digestsByGeneration, loadUserHasher, sumGenerations } from "@shale/columns";
import { DAY_MS, dayOf } from "@shale/model";
import { expect, test } from "vitest";
import { createTestLog } from "../test/test-log.ts";
import { createTailCache } from "./cache/tail-cache.ts";
import { storedBatchOfScan } from "./rows/stored-batch-of-scan.ts";
import { scanShards } from "./scan-shards.ts";
import { countDays, listShardDays } from "./shard-days.ts";

const day0 = Date.UTC(2026, 9, 1);
const hasher = await loadUserHasher();
const cacheOf = () => createTailCache({ bytesMax: 2 ** 24 });

function viewsAt(dayIndex: number, count: number, insertId?: string) {
  return Array.from({ length: count }, (_, i) => ({
    event: "view",
    user: `u${i}`,
    atMs: day0 + dayIndex * DAY_MS + i,
    insertId: i % 2 === 0 ? insertId : undefined,
    properties: { plan: "pro", price: i / 4, tags: ["a", i] },
  }));
}

test("shard-days name their files and the tail objects that have rows of them", async () => {
  const log = createTestLog({ shards: 3 });
  await log.flush(1, [...viewsAt(0, 6), ...viewsAt(1, 6)]);
  await log.drain();
  await log.flush(1, viewsAt(1, 6));
  await log.flush(2, viewsAt(2, 6));
  const reading = { cache: cacheOf() };
  const at = async (index: number) =>
    await listShardDays(log.env, log.pin(), dayOf(day0 + index * DAY_MS), reading);
  const rowsOf = (days: Awaited<ReturnType<typeof at>>) =>
    days.map(({ files, tail }) => [
      files.reduce((sum, { rows }) => sum + rows, 0),
      ...tail.map(({ writer, n, rows }) => `${writer}/${n}:${rows}`),
    ]);
  const drained = await at(0);
  expect(drained.flatMap(({ tail }) => tail)).toEqual([]);
  expect(drained.map(({ shard }) => shard)).toEqual([...new Set(drained.map((d) => d.shard))]);
  const both = await at(1);
  expect(rowsOf(both)).toEqual(rowsOf(drained).map(([rows]) => [rows, `1/2:${rows}`]));
  expect((await at(2)).every(({ files, tail }) => files.length === 0 && tail.length === 1)).toBe(
    true,
  );
  expect(await at(3)).toEqual([]);
  const first = dayOf(day0);
  const counts = await countDays(log.env, log.pin(), reading);
  expect([...counts]).toEqual([
    [first, 6],
    [first + 1, 12],
    [first + 2, 6],
  ]);
});

test("expired days are not counted", async () => {
  const log = createTestLog({ shards: 2, firstDay: dayOf(day0 + DAY_MS) });
  await log.flush(1, [...viewsAt(0, 4), ...viewsAt(1, 3)]);
  const reading = { cache: cacheOf() };
  expect([...(await countDays(log.env, log.pin(), reading)).values()]).toEqual([3]);
  await log.drain();
  expect([...(await countDays(log.env, log.pin(), reading)).values()]).toEqual([3]);
});

test("scanned rows with their stored insert ids have the digest of the day files", async () => {
  const log = createTestLog({ shards: 3 });
  // The second id is a derived one of an old place, which a moved row has stored (W4).
  await log.flush(1, [...viewsAt(0, 8, "id"), ...viewsAt(1, 5, "~7-3")]);
  const digestOf = async (insertIds: "stored" | "shown") => {
    const sums = [];
    for await (const batch of scanShards(log.env, log.pin(), {
      ...{ cache: cacheOf(), fromMs: -Infinity, toMs: Infinity, columns: "all", order: "none" },
      detail: "events",
    })) {
      const generationOf = () => 0;
      sums.push(digestsByGeneration(storedBatchOfScan(batch, hasher, { insertIds, generationOf })));
    }
    return sumGenerations(...sums);
  };
  const ofTail = await digestOf("stored");
  await log.drain();
  const ofFiles = sumGenerations(...log.files().map(({ generations }) => generations));
  expect(ofTail).toEqual(ofFiles);
  expect(await digestOf("stored")).toEqual(ofFiles);
  expect(await digestOf("shown")).not.toEqual(ofFiles);
});
