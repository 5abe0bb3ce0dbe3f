import { crc32 } from "node:zlib";
import type { Env, ObjectStore } from "@shale/env";
import { listAll, memoryStore } from "@shale/env";
import type { DayFileEntry, ManifestDocument } from "@shale/format";
import { encodeManifestPage } from "@shale/format";
import { chainVersion } from "@shale/model";
import { manualClock } from "@shale/testing";
import { expect, test } from "vitest";
import { balanceOf, dayAt, fileOf, first, group, vectorAt } from "../../test/groups.ts";
import { envOver } from "../../test/log-chain.ts";
import { pageKey, pagePrefix } from "../object-keys.ts";
import { beginClaim } from "./begin-claim.ts";
import { commitClaim } from "./commit-claim.ts";
import { foldManifest } from "./fold-manifest.ts";
import type { EntryPages } from "./load-entries.ts";
import { loadEntries } from "./load-entries.ts";
import { firstManifest, openManifest } from "./open-manifest.ts";
import { isFoldDue } from "./plan-fold.ts";

const isLong = process.env["SHALE_TEST_LONG"] === "1";
const SHARDS = 64; // Of a group: of 3,200 shards there are 50 groups, and none knows another.

interface Cost {
  puts: number;
  putBytes: number;
  gets: number;
  getBytes: number;
}

/** The store, and what was asked of it. */
function meteredStore(store: ObjectStore): { readonly store: ObjectStore; readonly cost: Cost } {
  const cost: Cost = { puts: 0, putBytes: 0, gets: 0, getBytes: 0 };
  return {
    cost,
    store: {
      ...store,
      async put(key, bytes, condition, options) {
        cost.puts++;
        cost.putBytes += bytes.length;
        return await store.put(key, bytes, condition, options);
      },
      async get(key, options) {
        const found = await store.get(key, options);
        cost.gets++;
        cost.getBytes += found?.bytes.length ?? 0;
        return found;
      },
    },
  };
}

function groupedBy<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}

/** A group that is drained so often a day, each time with some late rows, and merged six times. */
function livingGroup(drainsPerDay: number) {
  const clock = manualClock(Date.UTC(2026, 0, 1), { autoAdvance: true });
  const raw = memoryStore({ clock });
  const { store, cost } = meteredStore(raw);
  const env: Env = { ...envOver(store, 1), clock: { ...clock, sleep: async () => undefined } };
  const chain = openManifest(env, group);
  const pages = new Map<string, readonly DayFileEntry[]>();
  const drain = { ...group, kind: "drain", inputs: [], first, pages } as const;
  let drainCount = 0;

  async function runDrain(day: number): Promise<ManifestDocument> {
    const { claim } = await beginClaim(env, chain, drain);
    const late = Math.max(0, day - 1 - (drainCount % 3));
    const days = [...Array.from({ length: SHARDS }, () => day), late, late];
    const added = days.map((one, n) => fileOf(claim.id, n, { day: one, shard: n % SHARDS }));
    const watermarks = vectorAt({ 1: ++drainCount });
    const balance = balanceOf(added);
    return await commitClaim(env, chain, claim.id, { added, removed: [], watermarks, balance });
  }
  async function runMerge(day: number): Promise<ManifestDocument | undefined> {
    const range = { fromDay: dayAt(day), toDay: dayAt(day) };
    const newest = await chain.loadNewest();
    const inputs = newest === undefined ? [] : await loadEntries(env, newest, range, { pages });
    if (inputs.length <= SHARDS) return newest;
    const { claim } = await beginClaim(env, chain, { ...drain, kind: "merge", inputs });
    const shards = groupedBy(inputs, ({ shard }) => shard);
    const added = [...shards].map(([shard, files], n) => {
      const rows = files.reduce((sum, file) => sum + file.rows, 0);
      return fileOf(claim.id, n, { day, shard, rows });
    });
    const removed = inputs.map(({ id }) => id);
    const balance = balanceOf(inputs);
    return await commitClaim(env, chain, claim.id, { added, removed, balance });
  }
  async function foldIfDue(): Promise<ManifestDocument> {
    const newest = (await chain.loadNewest())!;
    if (!isFoldDue(newest)) return newest;
    const folded = (await foldManifest(env, chain, { pages }))!;
    const listed = new Set(folded.pages.map(({ id }) => id));
    const prefix = pagePrefix(group.project, group.spec, group.group);
    for await (const { key } of listAll(raw, prefix)) {
      if (listed.has(key.slice(prefix.length))) continue;
      await raw.delete(key); // As the collector does.
      pages.delete(key);
    }
    return folded;
  }
  async function* days(): AsyncGenerator<{ readonly version: number; readonly cost: Cost }> {
    for (let day = 0; ; day++) {
      for (let drains = 1; drains <= drainsPerDay; drains++) {
        await clock.advance(86_400_000 / drainsPerDay);
        await runDrain(day);
        if (drains % (drainsPerDay / 6) === 0) await runMerge(day);
        if (drains === drainsPerDay) await runMerge(day - 1);
        const { version } = await foldIfDue();
        yield { version, cost: { ...cost } };
      }
    }
  }
  return { env, chain, days };
}

test("a commit costs the same, however many there were before (P4)", {
  timeout: 3_600_000,
}, async () => {
  // A month has about 3,000 commits, or 700: what a commit costs depends on the day of the month.
  const [last, width, drainsPerDay] = isLong ? [100_000, 3_000, 36] : [2_400, 1_100, 6];
  const marks = [1, 1 + width, last - width, last].map((version) => ({
    version,
    reached: { version: 0, cost: { puts: 0, putBytes: 0, gets: 0, getBytes: 0 } },
  }));
  const shop = livingGroup(drainsPerDay);
  for await (const at of shop.days()) {
    for (const mark of marks) {
      if (mark.reached.version === 0 && at.version >= mark.version) mark.reached = at;
    }
    if (at.version >= last) break;
  }
  const between = (from: number, to: number) => {
    const [a, b] = [marks[from]!.reached, marks[to]!.reached];
    const count = b.version - a.version;
    const each = (name: keyof Cost) => (b.cost[name] - a.cost[name]) / count;
    return { bytes: each("putBytes"), puts: each("puts"), read: each("getBytes") };
  };
  const [early, late] = [between(0, 1), between(2, 3)];
  console.log(`a commit around the 1,000th and the ${last}th:`, early, late);
  expect(Math.abs(late.bytes / early.bytes - 1)).toBeLessThan(0.2);
  expect(Math.abs(late.puts / early.puts - 1)).toBeLessThan(0.2);
  const manifest = (await shop.chain.loadNewest())!;
  const files = await loadEntries(shop.env, manifest, "all");
  expect(files.reduce((sum, { rows }) => sum + rows, 0)).toBe(manifest.written.drainedRows);
});

/** Manifests of 50 groups with a file for each shard and day, by months. */
async function largeProject(dayCount: number) {
  const { store, cost } = meteredStore(memoryStore());
  const env = envOver(store, 1);
  const claim = "0f".repeat(16);
  const months = groupedBy(
    Array.from({ length: dayCount }, (_, day) => day),
    (day) => new Date(day * 86_400_000).toISOString().slice(0, 7),
  );
  const pages = [...months.values()].map((days, n) => {
    const files = days.flatMap((day) =>
      Array.from({ length: SHARDS }, (_, shard) => fileOf(claim, 64 * day + shard, { day, shard })),
    );
    const bytes = encodeManifestPage(files);
    const ref = {
      id: `${claim}-${n}`,
      firstDay: dayAt(days[0]!),
      lastDay: dayAt(days.at(-1)!),
      entryCount: files.length,
      bytes: bytes.length,
      crc: crc32(bytes).toString(16).padStart(8, "0"),
    };
    return { ref, bytes };
  });
  const manifests: ManifestDocument[] = [];
  for (let number = 0; number < 50; number++) {
    for (const { ref, bytes } of pages) {
      const key = pageKey(group.project, group.spec, number, ref.id);
      await store.put(key, bytes, { ifAbsent: true });
    }
    const manifest = firstManifest({ ...group, group: number }, first);
    const version = chainVersion(9);
    manifests.push({ ...manifest, version, pages: pages.map(({ ref }) => ref) });
  }
  cost.gets = 0;
  return { env, cost, manifests };
}

test("a plan of 30 days of 3,200 shards × 1,000 days reads two pages of each group", async () => {
  const { env, cost, manifests } = await largeProject(1_000);
  const range = { fromDay: dayAt(500), toDay: dayAt(529) };
  let fileCount = 0;
  for (const manifest of manifests) {
    fileCount += (await loadEntries(env, manifest, range)).length;
  }
  expect(fileCount).toBe(3_200 * 30);
  expect(cost.gets).toBe(100);

  // Speed depends on the machine: it is printed, and only the answer is compared.
  async function plan(from: readonly ManifestDocument[], pages?: EntryPages): Promise<number> {
    let byteCount = 0;
    for (const manifest of from) {
      for (const { bytes, day } of await loadEntries(env, manifest, "all", { pages })) {
        if (day % 2 === 0) byteCount += bytes;
      }
    }
    return byteCount;
  }
  async function timed(what: string, work: () => Promise<number>): Promise<void> {
    const started = process.cpuUsage();
    expect(await work()).toBe(16 * SHARDS * 500 * 1_000);
    const { user, system } = process.cpuUsage(started);
    const ms = Math.round((user + system) / 1000);
    console.log(`${16 * SHARDS * 1_000} entries planned ${what}: ${ms} ms of a core`);
  }
  await timed("from the bytes of their pages", () => plan(manifests.slice(0, 16)));
  const pages = new Map<string, readonly DayFileEntry[]>();
  const four = manifests.slice(0, 4);
  await plan(four, pages);
  await timed("from decoded pages", () => plan([...four, ...four, ...four, ...four], pages));
});
