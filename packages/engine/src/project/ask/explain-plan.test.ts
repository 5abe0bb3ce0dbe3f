import type { ObjectStore } from "@shale/env";
import { memoryDisk, memoryStore } from "@shale/env";
import { decodeManifest, encodeManifest } from "@shale/format";
import type { Query } from "@shale/model";
import { expect, test } from "vitest";
import { openStore } from "../../open-store.ts";

const START_MS = Date.UTC(2026, 9, 1);
const DAY_MS = 86_400_000;
const range = { from: "2026-10-02", to: "2026-10-06", asOf: "2026-11-20" } as const;
const rare = { event: "rare" };
const dear = { property: "price", op: "gte", value: 100 } as const;
const text = { property: "price", op: "eq", value: "100" } as const;

/** Eight days of views; one day has a rare event, one a price of 150. */
const events = Array.from({ length: 80 }, (_, i) => ({
  event: i === 33 ? "rare" : "view",
  user_id: `u${i % 13}`,
  time: START_MS + Math.floor(i / 10) * DAY_MS + i * 1_000,
  properties: { price: i === 44 ? 150 : i % 20 },
}));

const queries: readonly Query[] = [
  ...[{}, rare].map((select) => {
    const series = [{ select, measure: "unique" as const }];
    return { kind: "segmentation", ...range, unit: "day", series } as const;
  }),
  ...[dear, text].map((where) => {
    const series = [{ select: {}, measure: "total" as const }];
    return { kind: "segmentation", ...range, unit: "day", where, series } as const;
  }),
  { kind: "segmentation", ...range, unit: "hour", series: [{ select: rare, measure: "total" }] },
  { kind: "funnel", ...range, steps: [rare, { event: "none" }], window: "1d" },
  { kind: "funnel", ...range, steps: [rare, { event: "none" }], window: "1d", order: "strict" },
  { kind: "retention", ...range, birth: rare, return: { event: "none" }, unit: "day" },
  { kind: "lifecycle", ...range, select: rare, unit: "day" },
  { kind: "stickiness", ...range, select: { event: "none" }, unit: "day" },
  { kind: "timeline", user_id: "u3" },
  { kind: "stickiness", ...range, select: {}, unit: "day", where: { cohort: { did: rare } } },
];

async function open(store: ObjectStore) {
  const opened = await openStore({ store, disk: memoryDisk(), compaction: "off" });
  return { opened, project: await opened.project("shop", { shards: 3 }) };
}

test("a plan names as many files as the query opens, and as many footers", async () => {
  const store = memoryStore();
  const first = await open(store);
  await first.project.append(events.slice(0, 70));
  await first.project.compact();
  await first.project.append(events.slice(70));
  await first.opened.close();
  for (const query of queries) {
    // With nothing decoded yet: what is in memory already is taken from there.
    const { opened, project } = await open(store);
    const { passes } = await project.explain(query);
    const { meta } = await project.query(query);
    const { filesPlanned, filesPruned, filesFromFooter } = meta.stats;
    const [pass] = passes.slice(-1);
    const planned = pass!.files + pass!.tailObjects;
    if (passes.length === 1) expect(planned, query.kind).toBe(filesPlanned - filesPruned);
    const pruned = Object.values(pass!.pruned).reduce((sum, count) => sum + count, 0);
    expect(planned + pruned, query.kind).toBe(filesPlanned);
    const footers = pass!.days.filter(({ from }) => from === "footers");
    expect(footers.length, query.kind).toBe(filesFromFooter);
    await opened.close();
  }
});

test("a plan says why files are left out", async () => {
  const { opened, project } = await open(memoryStore());
  await project.append(events);
  await project.compact();
  const [anything, byName, byValue, byText, byHour, ordered, strict] = await Promise.all(
    queries.map(async (query) => (await project.explain(query)).passes[0]!),
  );
  expect(anything!.pruned).toMatchObject({ events: 0, values: 0 });
  expect(anything!.pruned.day).toBeGreaterThan(0);
  expect(byName!.days).toMatchObject([{ day: "2026-10-04", files: 1, from: "rows" }]);
  expect(byValue!.days).toMatchObject([{ day: "2026-10-05", files: 1, from: "rows" }]);
  expect(byText!.days).toEqual([]);
  expect(byHour!.days).toMatchObject([{ day: "2026-10-04", from: "rows" }]);
  expect(ordered!.days).toMatchObject([{ day: "2026-10-04" }]);
  expect(strict!.pruned.events).toBe(0);
  expect(byName!.pruned).toMatchObject({ footerEvents: 0 });
  expect(byName!.pruned.events).toBeGreaterThan(5);
  await opened.close();
});

/** The keys of the day files that are read, each time. */
function watched(store: ObjectStore): { readonly store: ObjectStore; readonly reads: string[] } {
  const reads: string[] = [];
  const get: ObjectStore["get"] = (key, options) => {
    if (key.endsWith(".parquet")) reads.push(key);
    return store.get(key, options);
  };
  const head: ObjectStore["head"] = (key, options) => {
    if (key.endsWith(".parquet")) reads.push(key);
    return store.head(key, options);
  };
  return { store: { ...store, get, head }, reads };
}

/** The project's manifests as a process before format version 2 would have left them. */
async function forgetEvents(store: ObjectStore): Promise<void> {
  for (const { key } of (await store.list("shop/spec=A/manifest/")).entries) {
    const object = await store.get(key);
    const manifest = decodeManifest(object!.bytes, { key });
    const added = manifest.added.map(({ eventHashes: _hashes, ...entry }) => entry);
    await store.put(key, encodeManifest({ ...manifest, added }), { always: true });
  }
}

test("of a file that has none of the events nothing is read, not even its footer", async () => {
  const store = memoryStore();
  const first = await open(store);
  await first.project.append(events);
  await first.project.compact();
  await first.opened.close();
  for (const query of queries.filter((one) => JSON.stringify(one).includes('"rare"'))) {
    if (query.kind === "funnel" && query.order === "strict") continue; // Any event may break it.
    if (query.kind === "stickiness") continue; // Its other events are in every file.
    const { store: counting, reads } = watched(store);
    const { opened, project } = await open(counting);
    const plan = await project.explain(query);
    expect(plan.passes[0]!.pruned.events, query.kind).toBeGreaterThan(5);
    const { meta: _meta, ...answer } = await project.query(query);
    await opened.close();
    // The rare event is in one file, of 2026-10-04.
    expect(reads.length, query.kind).toBeGreaterThan(0);
    expect(new Set(reads).size, query.kind).toBe(1);
    expect(reads[0]).toContain("/day=2026-10-04/");
    expect(JSON.stringify(answer), query.kind).toMatch(/[:[,]1[,\]}]/);
  }
});

test("entries that tell no events are pruned by their footers, with the same answer", async () => {
  const store = memoryStore();
  const first = await open(store);
  await first.project.append(events);
  await first.project.compact();
  const [, byName] = queries;
  const { meta: _told, ...told } = await first.project.query(byName!);
  await first.opened.close();
  await forgetEvents(store);
  const { store: counting, reads } = watched(store);
  const { opened, project } = await open(counting);
  const { pruned } = (await project.explain(byName!)).passes[0]!;
  expect([pruned.events, pruned.footerEvents > 5]).toEqual([0, true]);
  expect(new Set(reads).size).toBeGreaterThan(5);
  const { meta: _untold, ...untold } = await project.query(byName!);
  expect(untold).toEqual(told);
  await opened.close();
});
