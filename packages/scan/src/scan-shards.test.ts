import type { StoredEvent } from "@shale/model";
import { DAY_MS, dayOf, shardId } from "@shale/model";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TestEvent } from "../test/test-log.ts";
import { createTestLog } from "../test/test-log.ts";
import { createTailCache } from "./cache/tail-cache.ts";
import { runWithPin } from "./pin-broken.ts";
import type { ScanBatch } from "./scan-batch.ts";
import type { ScanOptions } from "./scan-options.ts";
import { createScanStats } from "./scan-options.ts";
import { scanShards } from "./scan-shards.ts";

const day0 = Date.UTC(2026, 9, 1);
type Log = ReturnType<typeof createTestLog>;

function optionsOf(options: Partial<ScanOptions> = {}): ScanOptions {
  return {
    cache: createTailCache({ bytesMax: 2 ** 24 }),
    fromMs: Number.NEGATIVE_INFINITY,
    toMs: Number.POSITIVE_INFINITY,
    columns: "all",
    order: "none",
    detail: "events",
    ...options,
  };
}

async function batchesOf(log: Log, options: Partial<ScanOptions> = {}): Promise<ScanBatch[]> {
  const batches: ScanBatch[] = [];
  for await (const batch of scanShards(log.env, log.pin(), optionsOf(options))) batches.push(batch);
  return batches;
}

function eventsOf(batches: readonly ScanBatch[]): StoredEvent[] {
  return batches.flatMap((batch) =>
    Array.from({ length: batch.rowCount }, (_, row) => batch.eventAt(row)),
  );
}

function view(user: string, atMs: number, more: Partial<TestEvent> = {}): TestEvent {
  return { event: "view", user, atMs, ...more };
}

describe("scanShards()", () => {
  it("gives each shard's days in order, from the tail and from memory", async () => {
    const log = createTestLog({ shards: 3 });
    await log.flush(1, [view("a", day0 + DAY_MS), view("b", day0), view("c", day0 + 5)]);
    await log.flush(2, [view("a", day0), view("d", day0 + 2 * DAY_MS)]);
    log.keep(1, [view("a", day0 + DAY_MS + 7)]);
    const batches = await batchesOf(log);
    const places = batches.map(({ shard, day }) => [shard, day - dayOf(day0)]);
    expect(places).toEqual([...places].sort((x, y) => x[0]! - y[0]! || x[1]! - y[1]!));
    expect(new Set(places.map(String)).size).toBe(places.length);
    expect(
      eventsOf(batches)
        .map(({ user_id }) => user_id)
        .sort(),
    ).toEqual(["a", "a", "a", "b", "c", "d"]);
    const byDay = await batchesOf(log, { major: "day", days: "descending" });
    const days = byDay.map(({ day }) => day);
    expect(days).toEqual([...days].sort((x, y) => y - x));
    const oneShard = await batchesOf(log, { shards: [shardId(batches[0]!.shard, 3)] });
    expect(oneShard.every(({ shard }) => shard === batches[0]!.shard)).toBe(true);
  });

  it("keeps of equal keys the row that was logged last, whatever object it is in (R3)", async () => {
    const log = createTestLog();
    const key = { insertId: "i1" };
    await log.flush(2, [view("a", day0, { ...key, properties: { n: 1 } })]);
    await log.flush(1, [
      view("a", day0 + 1, { ...key, properties: { n: 2 } }),
      view("a", day0 + DAY_MS, { ...key, properties: { n: 3 } }),
      view("b", day0, { ...key, properties: { n: 4 } }),
      { ...view("a", day0, key), event: "buy", properties: { n: 5 } },
      view("a", day0, { properties: { n: 6 } }),
      view("a", day0, { properties: { n: 7 } }),
    ]);
    log.keep(1, [view("a", day0 + 2, { ...key, properties: { n: 8 } })]);
    const events = eventsOf(await batchesOf(log));
    expect(events.map(({ properties }) => properties["n"]).sort()).toEqual([3, 4, 5, 6, 7, 8]);
    expect(events.find(({ properties }) => properties["n"] === 6)!.insert_id).toBe("~1-6");
  });

  it("hides rows of days before the catalog's first day (C6)", async () => {
    const log = createTestLog({ firstDay: dayOf(day0 + DAY_MS) });
    await log.flush(1, [view("a", day0 + DAY_MS - 1), view("a", day0 + DAY_MS)]);
    const stats = createScanStats();
    const events = eventsOf(await batchesOf(log, { stats }));
    expect(events.map(({ time }) => time)).toEqual(["2026-10-02T00:00:00.000Z"]);
    expect(stats.minTimeMs).toBe(day0 + DAY_MS);
  });

  it("does not read tail objects whose times miss the range", async () => {
    const log = createTestLog();
    await log.flush(1, [view("a", day0)]);
    await log.flush(1, [view("a", day0 + 3 * DAY_MS)]);
    const stats = createScanStats();
    const cache = createTailCache({ bytesMax: 2 ** 20 });
    const range = { fromMs: day0 + 2 * DAY_MS, toMs: day0 + 4 * DAY_MS };
    const events = eventsOf(await batchesOf(log, { stats, cache, ...range }));
    expect(events.length).toBe(1);
    expect(stats).toMatchObject({ filesPlanned: 2, filesPruned: 1, rowsScanned: 1 });
    expect(stats.bytesRead.store).toBeGreaterThan(0);
    expect([stats.minTimeMs, stats.maxTimeMs]).toEqual([day0, day0 + 3 * DAY_MS]);
    const warm = createScanStats();
    expect(eventsOf(await batchesOf(log, { stats: warm, cache, ...range }))).toEqual(events);
    expect(warm.bytesRead.store).toBe(0);
    expect(warm.bytesRead.memory).toBeGreaterThan(0);
  });

  it("sees what was added to a day that the cache holds ready", async () => {
    const cache = createTailCache({ bytesMax: 2 ** 24 });
    const log = createTestLog({ shards: 1 });
    log.keep(1, [view("a", day0)]);
    expect(eventsOf(await batchesOf(log, { cache })).length).toBe(1);
    // As when memory is flushed together with a later row: one source again, another one.
    const flushed = createTestLog({ shards: 1 });
    await flushed.flush(1, [view("a", day0), view("b", day0)]);
    expect(eventsOf(await batchesOf(flushed, { cache })).length).toBe(2);
    flushed.keep(1, [view("c", day0)]);
    expect(eventsOf(await batchesOf(flushed, { cache })).length).toBe(3);
    expect(eventsOf(await batchesOf(log, { cache })).length).toBe(1);
  });

  it("reads an object that has gone as a pin that is broken, and as damage when it stays so", async () => {
    const log = createTestLog();
    const gone = await log.flush(1, [view("a", day0)]);
    await log.flush(1, [view("b", day0)]);
    const pin = log.pin();
    await log.env.store.delete(gone.key);
    const scan = async (at: typeof pin): Promise<number> => {
      let rows = 0;
      for await (const batch of scanShards(log.env, at, optionsOf())) rows += batch.rowCount;
      return rows;
    };
    await expect(scan(pin)).rejects.toMatchObject({
      code: "PIN_UNSTABLE",
      details: { missingKey: gone.key },
    });
    const pins = [pin, { ...pin, tail: pin.tail.slice(1) }];
    expect(await runWithPin(async () => pins.shift()!, scan)).toBe(1);
    await expect(runWithPin(async () => pin, scan)).rejects.toMatchObject({
      code: "OBJECT_MISSING",
    });
  });

  it("hides the rows of a deleted user up to the tombstone, wherever they lie (D1)", async () => {
    const log = createTestLog();
    await log.flush(1, [view("a", day0), view("b", day0)]);
    await log.drain();
    await log.flush(1, [view("a", day0 + 1), view("b", day0 + 1)]);
    log.keep(1, [view("a", day0 + 2)]);
    log.deleteUser("a");
    log.keep(1, [view("a", day0 + 3), view("b", day0 + 3)]);
    const users = eventsOf(await batchesOf(log)).map(({ user_id, time }) => [user_id, time.at(-2)]);
    expect(users.sort()).toEqual([
      ["a", "3"],
      ["b", "0"],
      ["b", "1"],
      ["b", "3"],
    ]);
  });

  it("leaves out tail objects that a group has drained", async () => {
    const log = createTestLog({ shards: 1 });
    await log.flush(1, [view("a", day0)]);
    const ref = await log.flush(1, [view("b", day0)]);
    const pin = log.pin();
    const watermarks = new Map([[ref.writer, { n: 1, lastSeq: 1 }]]);
    const drained = { ...pin, groups: new Map([[0, { watermarks, manifest: undefined }]]) };
    const batch = (await scanShards(log.env, drained, optionsOf()).next()).value as ScanBatch;
    expect(eventsOf([batch]).map(({ user_id }) => user_id)).toEqual(["b"]);
  });

  it("stops when its signal aborts", async () => {
    const log = createTestLog();
    await log.flush(1, [view("a", day0), view("b", day0), view("c", day0), view("d", day0)]);
    const stop = new AbortController();
    const scan = scanShards(log.env, log.pin(), optionsOf({ signal: stop.signal }));
    await scan.next();
    stop.abort(new Error("enough"));
    await expect(scan.next()).rejects.toThrow("enough");
  });
});

const testLong = process.env["SHALE_TEST_LONG"] === "1";
const value = fc.oneof(
  fc.constantFrom("x", "y", "", "ü", "1"),
  fc.constantFrom(0, 1, -2.5),
  fc.boolean(),
  fc.array(fc.constantFrom("x", 1, true), { maxLength: 3 }),
);
const event = fc.record({
  event: fc.constantFrom("view", "buy", "äpfel"),
  user: fc.constantFrom("", "a", "b", "c", "d", "ünï", "e".repeat(40)),
  atMs: fc.integer({ min: 0, max: 6 }).map((slot) => day0 + slot * (DAY_MS / 2)),
  insertId: fc.option(fc.constantFrom("i1", "i2", "i3"), { nil: undefined }),
  properties: fc.dictionary(fc.constantFrom("p", "q", "r"), value, { maxKeys: 3 }),
});
const chunk = fc.record({
  next: fc.constantFrom("nothing", "nothing", "drain", "merge", "delete"),
  writer: fc.constantFrom(1, 2, 3),
  events: fc.array(event, { minLength: 1, maxLength: 12 }),
});

interface Chunk {
  readonly writer: number;
  readonly events: readonly TestEvent[];
  readonly next: string;
}

/** R3, deletes and the columns, one event at a time. */
function plainEvents(chunks: readonly Chunk[]) {
  const kept = new Map<string, StoredEvent>();
  let seq = 1;
  for (const { writer, events, next } of chunks) {
    for (const { event: name, user, atMs, insertId, properties = {} } of events) {
      const time = new Date(atMs).toISOString();
      const id = insertId ?? `~${writer}-${seq}`;
      const key = JSON.stringify([user, name, id, time.slice(0, 10)]);
      kept.set(key, { event: name, user_id: user, time, insert_id: id, properties });
      seq++;
    }
    if (next !== "delete") continue;
    for (const [key, { user_id }] of kept) if (user_id === "a") kept.delete(key);
  }
  return [...kept.values()];
}

function sorted(events: readonly StoredEvent[]): StoredEvent[] {
  const textOf = ({ properties, ...rest }: StoredEvent): string =>
    JSON.stringify([rest, Object.entries(properties).sort()]);
  return [...events].sort((x, y) => (textOf(x) < textOf(y) ? -1 : 1));
}

describe("scanShards() of anything", () => {
  const property = fc.asyncProperty(
    fc.array(chunk, { maxLength: 8 }),
    fc.constantFrom(1, 2, 7, 100),
    fc.constantFrom(0, 2000, 2 ** 24),
    async (chunks, shards, bytesMax) => {
      const log = createTestLog({ shards });
      const inMemory = Math.floor(chunks.length / 3);
      for (const [index, { writer, events, next }] of chunks.entries()) {
        if (index >= chunks.length - inMemory) log.keep(writer, events);
        else await log.flush(writer, events);
        if (next === "drain" || next === "merge") await log.drain();
        if (next === "merge") await log.merge();
        if (next === "delete") log.deleteUser("a");
      }
      const expected = sorted(plainEvents(chunks));
      const cache = createTailCache({ bytesMax });
      for (const order of ["none", "user", "none"] as const) {
        const batches = await batchesOf(log, { cache, order });
        expect(sorted(eventsOf(batches))).toEqual(expected);
        for (const batch of batches) checkColumns(batch, order);
      }
    },
  );
  const timeoutMs = testLong ? 600_000 : 60_000;
  it(
    "equals one event at a time, with any shards and any cache",
    async () => {
      await fc.assert(property, { numRuns: testLong ? 1000 : 60 });
    },
    timeoutMs,
  );
});

/** Columns say the same as the event itself, and rows stand in the order asked for. */
function checkColumns(batch: ScanBatch, order: "none" | "user"): void {
  const rows = Array.from({ length: batch.rowCount }, (_, row) => row);
  const fromColumns = rows.map((row) => ({
    event: batch.events.textAt(batch.eventCodes[row]!),
    user_id: batch.users.textAt(batch.userCodes[row]!),
    time: new Date(batch.timesMs[row]!).toISOString(),
    insert_id: new TextDecoder().decode(batch.insertIdAt(row)),
    properties: Object.fromEntries(
      ["p", "q", "r"]
        .map((name) => [name, propertyAt(batch, name, row)] as const)
        .filter(([, found]) => found !== undefined),
    ),
  }));
  expect(fromColumns).toEqual(rows.map((row) => batch.eventAt(row)));
  const codes = fromColumns.map(({ user_id }) => batch.users.codeOf(user_id));
  expect(codes).toEqual([...batch.userCodes]);
  expect(new Set([...batch.timesMs].map(dayOf))).toEqual(new Set([batch.day]));
  if (order === "none") return;
  const places = new Map<number, number>();
  for (const code of codes) if (!places.has(code)) places.set(code, places.size);
  const keys = fromColumns.map(({ time, event: name, insert_id }, row) => ({
    row,
    place: places.get(codes[row]!)!,
    bytes: Buffer.from([time, name, insert_id].join("\u0000")),
  }));
  keys.sort((x, y) => x.place - y.place || Buffer.compare(x.bytes, y.bytes));
  expect(keys.map(({ row }) => row)).toEqual(rows);
}

function propertyAt(batch: ScanBatch, name: string, row: number): unknown {
  const property = batch.properties.get(name);
  const found: unknown[] = [];
  const string = property?.string?.codes[row] ?? 0;
  if (string > 0) found.push(property!.string!.texts.textAt(string - 1));
  const list = property?.list?.codes[row] ?? 0;
  if (list > 0) found.push(JSON.parse(property!.list!.texts.textAt(list - 1)));
  const number = property?.number?.[row] ?? Number.NaN;
  if (!Number.isNaN(number)) found.push(number);
  const boolean = property?.boolean?.[row] ?? 0;
  if (boolean > 0) found.push(boolean === 2);
  if (found.length > 1) throw new Error(`two kinds of ${name} in row ${row}`);
  return found[0];
}
