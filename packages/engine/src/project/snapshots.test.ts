import { memoryDisk, memoryStore } from "@shale/env";
import { expect, test } from "vitest";
import { openStore } from "../open-store.ts";

const range = { from: "2026-10-01", to: "2026-10-03" } as const;
const query = {
  kind: "segmentation",
  unit: "day",
  ...range,
  where: { property: "page", op: "isSet" },
  series: [{ select: {}, measure: "total" }],
} as const;

function viewsOf(day: number, count: number) {
  return Array.from({ length: count }, (_, n) => ({
    event: "view",
    user_id: `u${n}`,
    time: Date.UTC(2026, 9, day, n % 24),
    properties: { page: "/" },
  }));
}

test("a snapshot gives the same answer after its rows were drained and merged, until they are collected", async () => {
  const objects = memoryStore();
  const store = await openStore({ store: objects, disk: memoryDisk(), compaction: "off" });
  try {
    const project = await store.project("shop", { shards: 2 });
    await project.append(viewsOf(1, 30));
    const inMemory = await project.query(query);
    await project.flush();
    const inTail = await project.query(query);
    await project.compact();
    await project.append(viewsOf(1, 10));
    await project.compact();
    const repeated = await project.query(query, { snapshot: inTail.meta.snapshot });
    expect(repeated.series).toEqual(inTail.series);
    const early = await project.query(query, { snapshot: inMemory.meta.snapshot });
    expect(early.series).toEqual(inMemory.series);

    const drained = await project.query(query);
    expect(drained.series[0]?.overall.range).toBe(40);
    await project.append(viewsOf(2, 5));
    await project.compact();
    const again = await project.query(query, { snapshot: drained.meta.snapshot });
    expect(again.series).toEqual(drained.series);

    await project.append(viewsOf(1, 1));
    await project.compact();
    await project.collect({ graceMs: 0 });
    // Another process has nothing in its cache.
    const other = await openStore({ store: objects, readOnly: true });
    const reader = await other.project("shop");
    for (const { meta } of [inTail, drained]) {
      const reading = reader.query(query, { snapshot: meta.snapshot });
      await expect(reading).rejects.toMatchObject({ code: "SNAPSHOT_EXPIRED" });
    }
    expect((await reader.query(query)).series[0]?.overall.range).toBe(46);
    await other.close();
  } finally {
    await store.close();
  }
});

test("a user whose rows were removed is in no snapshot, not even by what this process has decoded", async () => {
  const store = await openStore({ root: ":memory:", compaction: "off" });
  try {
    const project = await store.project("shop", { shards: 1 });
    const [gone, left] = [viewsOf(1, 1), viewsOf(2, 1)];
    await project.append([...gone, ...left.map((event) => ({ ...event, user_id: "other" }))]);
    await project.compact();
    const before = await project.query(query);
    expect(before.series[0]?.overall.values).toEqual([1, 1]);
    const { snapshot } = before.meta;
    await project.deleteUsers(["u0"]);
    // No query here: it would decode the day anew, without the user.
    for (let round = 0; round < 3; round++) {
      await project.compact();
      await project.collect({ graceMs: 0 });
    }
    await expect(project.query(query, { snapshot })).rejects.toMatchObject({
      code: "SNAPSHOT_EXPIRED",
    });
    expect((await project.query(query)).series[0]?.overall.values).toEqual([0, 1]);
  } finally {
    await store.close();
  }
});
