import { memoryDisk, memoryStore } from "@shale/env";
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

async function open(store: ReturnType<typeof memoryStore>) {
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
    const { day, shard, events: named, values } = pass!.pruned;
    expect(planned + day + shard + named + values, query.kind).toBe(filesPlanned);
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
  await opened.close();
});
