import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ShaleError } from "@shale/model";
import { afterEach, describe, expect, test } from "vitest";
import { openStore } from "./open-store.ts";

const folders: string[] = [];
function temporaryRoot(): string {
  const folder = mkdtempSync(join(tmpdir(), "shale-engine-"));
  folders.push(folder);
  return folder;
}
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const range = { from: "2026-10-01", to: "2026-10-03" } as const;
const daily = {
  kind: "segmentation",
  unit: "day",
  ...range,
  series: [
    { select: { event: "view" }, measure: "total" },
    { select: {}, measure: "unique" },
  ],
} as const;
const events = [
  {
    event: "view",
    user_id: "a",
    time: "2026-10-01T10:00:00Z",
    insert_id: "1",
    properties: { n: 1 },
  },
  { event: "view", user_id: "b", time: "2026-10-01T11:00:00Z" },
  { event: "buy", user_id: "a", time: "2026-10-02T00:00:00Z", properties: { tags: ["x", null] } },
  { event: "view", user_id: "", time: "2026-10-02T00:00:01Z" },
];

describe.each([":memory:", "folder"])("a store in %s", (place) => {
  const rootOf = (): string => (place === "folder" ? temporaryRoot() : place);

  test("sees its own rows at once, and the same after a flush", async () => {
    const store = await openStore({ root: rootOf() });
    try {
      const project = await store.project("shop", { shards: 3 });
      const ack = await project.append(events);
      expect(ack).toMatchObject({ accepted: 4, duplicates: 0, rejected: [], durability: "wal" });
      const before = await project.query(daily);
      expect(before.series.map((one) => one.overall)).toEqual([
        { values: [2, 1], range: 3 },
        { values: [2, 1], range: 2 },
      ]);
      await project.flush();
      const after = await project.query(daily);
      expect({ ...after, meta: null }).toEqual({ ...before, meta: null });
      const timeline = await project.query({ kind: "timeline", user_id: "a" });
      expect(timeline.events.map((event) => event.properties)).toEqual([
        { n: 1 },
        { tags: ["x", null] },
      ]);
    } finally {
      await store.close();
    }
  });

  test("keeps the last of equal keys and counts the repeat", async () => {
    await using store = await openStore({ root: rootOf() });
    const project = await store.project("shop");
    const first = { event: "view", user_id: "a", time: "2026-10-01T10:00:00Z", insert_id: "k" };
    await project.append([{ ...first, properties: { v: 1 } }]);
    const ack = await project.append([
      { ...first, properties: { v: 2 } },
      { ...first, time: "2026-10-01T12:00:00Z", properties: { v: 3 } },
    ]);
    expect(ack.duplicates).toBe(1);
    const kept = [];
    for await (const event of project.events()) kept.push(event);
    expect(kept).toEqual([
      {
        event: "view",
        user_id: "a",
        time: "2026-10-01T12:00:00.000Z",
        insert_id: "k",
        properties: { v: 3 },
      },
    ]);
  });
});

describe("a store in a folder", () => {
  test("answers the same after it was closed and opened, and read-only too", async () => {
    const root = temporaryRoot();
    const first = await openStore({ root });
    const project = await first.project("shop", { shards: 5 });
    await project.append(events);
    const before = await project.query(daily);
    await first.close();
    for (const readOnly of [false, true]) {
      const store = await openStore({ root, readOnly });
      const again = await store.project("shop");
      expect(await store.projects()).toEqual(["shop"]);
      const answer = await again.query(daily);
      expect(answer.series).toEqual(before.series);
      expect((await again.query(daily, { snapshot: answer.meta.snapshot })).series).toEqual(
        before.series,
      );
      await store.close();
    }
  });

  test("a read-only store refuses writes and does not make a project", async () => {
    const root = temporaryRoot();
    await using writable = await openStore({ root });
    await writable.project("shop");
    await using store = await openStore({ root, readOnly: true });
    await expect(store.project("other")).rejects.toMatchObject({ code: "PROJECT_NOT_FOUND" });
    const project = await store.project("shop");
    await expect(project.append(events)).rejects.toMatchObject({ code: "STORE_READ_ONLY" });
  });

  test("close() is idempotent, and a closed store says so", async () => {
    const store = await openStore({ root: temporaryRoot() });
    const project = await store.project("shop");
    await project.append(events);
    await Promise.all([store.close(), store.close()]);
    await store.close();
    await expect(project.append(events)).rejects.toMatchObject({ code: "STORE_CLOSED" });
    await expect(project.query(daily)).rejects.toMatchObject({ code: "STORE_CLOSED" });
    await expect(store.project("shop")).rejects.toMatchObject({ code: "STORE_CLOSED" });
  });

  test("status counts rows, shards and writers; schema names events and properties", async () => {
    await using store = await openStore({ root: temporaryRoot() });
    const project = await store.project("shop", { shards: 4 });
    await project.append(events);
    await project.flush();
    const status = await project.status({ files: true });
    expect(status).toMatchObject({
      project: "shop",
      live: "A",
      generation: 0,
      specs: [{ spec: "A", shards: 4, events: 4, tailEvents: 4, dayFiles: 0, skew: { mean: 1 } }],
      writers: [{ writer: 1, state: "live", tailObjects: 1 }],
      unreadableLogs: [],
    });
    expect(status.files).toHaveLength(1);
    const schema = await project.schema();
    expect(schema.events).toEqual([
      { event: "view", count: 3, firstDay: "2026-10-01", lastDay: "2026-10-02" },
      { event: "buy", count: 1, firstDay: "2026-10-02", lastDay: "2026-10-02" },
    ]);
    expect(schema.properties.map((one) => one.property).sort()).toEqual(["n", "tags"]);
  });
});

test("openStore() wants exactly one place, and a folder is no URL", async () => {
  await expect(openStore({})).rejects.toMatchObject({ code: "OPTION_INVALID" });
  await expect(openStore({ root: "gs://bucket" })).rejects.toBeInstanceOf(ShaleError);
  for (const fanOutRowsMin of [-1, Number.NaN]) {
    await expect(openStore({ root: ":memory:", fanOutRowsMin })).rejects.toMatchObject({
      path: "fanOutRowsMin",
    });
  }
  await expect(openStore({ root: ":memory:", memoryBytesMax: 0 })).rejects.toMatchObject({
    path: "memoryBytesMax",
  });
});

test("wrong queries carry the path of the fault", async () => {
  await using store = await openStore({ root: ":memory:" });
  const project = await store.project("shop");
  const wrong = { ...daily, unit: "dya" } as unknown as typeof daily;
  await expect(project.query(wrong)).rejects.toMatchObject({ code: "QUERY_INVALID", path: "unit" });
});
