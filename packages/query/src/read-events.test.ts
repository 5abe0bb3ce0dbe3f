import type { Filter, StoredEvent } from "@shale/model";
import { createTailCache } from "@shale/scan";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { firstMs, someEvent, someFilter } from "../test/arbitrary-events.ts";
import type { Log } from "../test/ask.ts";
import { logOf } from "../test/ask.ts";
import { satisfies } from "../test/plain-answers.ts";
import { parseEventsRange } from "./index.ts";
import { readEvents } from "./read-events.ts";
import { readSchema } from "./read-schema.ts";

const cacheOf = (): ReturnType<typeof createTailCache> => createTailCache({ bytesMax: 2 ** 22 });

async function eventsOf(log: Log, document: object, countMax = 1e9): Promise<StoredEvent[]> {
  const found: StoredEvent[] = [];
  const options = { cache: cacheOf(), ...parseEventsRange(document) };
  for await (const event of readEvents(log.env, log.pin(), options)) {
    found.push(event);
    if (found.length === countMax) break;
  }
  return found;
}

describe("readEvents()", () => {
  it("gives days in order, and inside a day time, user, event and insert_id", async () => {
    const property = fc.asyncProperty(
      fc.array(someEvent, { maxLength: 40 }),
      fc.constantFrom(1, 5),
      fc.option(someFilter, { nil: undefined }),
      fc.integer({ min: 0, max: 71 }),
      async (events, shards, where, hour) => {
        const log = await logOf(events, shards);
        const from = firstMs + hour * 3_600_000;
        const found = await eventsOf(log, { where, from, to: "2026-10-27" });
        const keys = found.map(({ time, user_id, event, insert_id }) =>
          Buffer.from([time, user_id, event, insert_id].join("\u0000")),
        );
        expect(keys).toEqual([...keys].sort(Buffer.compare));
        const wanted = events.filter(
          (event) =>
            event.atMs >= from &&
            event.atMs < Date.UTC(2026, 9, 27) &&
            satisfies(event, where as Filter | undefined),
        );
        const plain = wanted.map(({ event, user, atMs, properties }) => [
          [new Date(atMs).toISOString(), user, event],
          Object.entries(properties).sort(),
        ]);
        const read = found.map(({ time, user_id, event, properties }) => [
          [time, user_id, event],
          Object.entries(properties).sort(),
        ]);
        const sorted = (rows: unknown[]): string[] => rows.map((row) => JSON.stringify(row)).sort();
        expect(sorted(read)).toEqual(sorted(plain));
      },
    );
    await fc.assert(property, { numRuns: process.env["SHALE_TEST_LONG"] === "1" ? 3000 : 50 });
  });

  it("reads no further than it is asked", async () => {
    const hour = 3_600_000;
    const events = [3, 2, 1, 0, 60, 61].map((at) => ({
      event: "e",
      user: "u",
      atMs: firstMs + at * hour,
    }));
    const first = await eventsOf(await logOf(events), {}, 2);
    expect(first.map(({ time }) => time.slice(11, 13))).toEqual(["00", "01"]);
  });

  it("stops when its signal aborts", async () => {
    const log = await logOf(
      Array.from({ length: 600 }, (_, i) => ({ event: "e", user: "u", atMs: firstMs + i })),
    );
    const stop = new AbortController();
    const events = readEvents(log.env, log.pin(), { cache: cacheOf(), signal: stop.signal });
    await events.next();
    stop.abort();
    const rest = async (): Promise<void> => {
      for await (const _ of events);
    };
    await expect(rest()).rejects.toMatchObject({ code: "CANCELLED" });
  });
});

describe("readSchema()", () => {
  it("tells names, types, counts and days", async () => {
    const day = 86_400_000;
    const log = await logOf([
      { event: "view", user: "a", atMs: firstMs + day, properties: { p: 1, q: ["x"] } },
      { event: "view", user: "a", atMs: firstMs, properties: { p: 2 } },
      { event: "view", user: "b", atMs: firstMs, properties: { p: "one" }, insertId: "i" },
      { event: "view", user: "b", atMs: firstMs, properties: { p: "one" }, insertId: "i" },
      { event: "buy", user: "b", atMs: firstMs, properties: { p: 2, r: false } },
    ]);
    const schema = await readSchema(log.env, log.pin(), { cache: cacheOf() });
    expect(schema).toEqual({
      eventCount: 4,
      firstDay: "2026-10-24",
      lastDay: "2026-10-25",
      events: [
        { event: "view", count: 3, firstDay: "2026-10-24", lastDay: "2026-10-25" },
        { event: "buy", count: 1, firstDay: "2026-10-24", lastDay: "2026-10-24" },
      ],
      properties: [
        {
          property: "p",
          count: 4,
          types: [
            { type: "number", count: 3, examples: expect.arrayContaining([1, 2]) },
            { type: "string", count: 1, examples: ["one"] },
          ],
        },
        { property: "q", count: 1, types: [{ type: "list", count: 1, examples: ['["x"]'] }] },
        { property: "r", count: 1, types: [{ type: "boolean", count: 1, examples: [false] }] },
      ],
    });
    const empty = await readSchema(
      log.env,
      { ...log.pin(), tail: [], memory: [] },
      {
        cache: cacheOf(),
      },
    );
    expect(empty).toMatchObject({ eventCount: 0, firstDay: null, lastDay: null, events: [] });
  });
});
