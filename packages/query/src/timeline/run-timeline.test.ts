import type { StoredEvent, TimelineAnswer } from "@shale/model";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TestEvent } from "../../../scan/test/test-log.ts";
import { firstMs, someEvent, someFilter } from "../../test/arbitrary-events.ts";
import type { Log } from "../../test/ask.ts";
import { ask, logOf } from "../../test/ask.ts";
import { isSelected } from "../../test/plain-answers.ts";
import { parseQuery, snapshotOf } from "../index.ts";

async function timeline(log: Log, query: object): Promise<TimelineAnswer> {
  return (await ask(log, { kind: "timeline", user_id: "a", ...query })) as TimelineAnswer;
}

function namesOf({ events }: TimelineAnswer): string[] {
  return events.map(({ event, time }) => `${event} ${time.slice(8, 16)}`);
}

function event(name: string, hour: number, more: Partial<TestEvent> = {}): TestEvent {
  return { event: name, user: "a", atMs: firstMs + hour * 3_600_000, ...more };
}

describe("a timeline", () => {
  it("gives one user's events in order of time, name and insert_id", async () => {
    const log = await logOf([
      event("b", 30, { properties: { p: [1, "x"], q: true, r: 2 } }),
      event("a", 1, { user: "b" }),
      event("b", 1, { insertId: "i2" }),
      event("b", 1, { insertId: "i1" }),
      event("a", 1),
      event("c", 0),
    ]);
    const answer = await timeline(log, {});
    expect(answer.events).toEqual([
      stored("c", "2026-10-24T00:00:00.000Z", "~1-6"),
      stored("a", "2026-10-24T01:00:00.000Z", "~1-5"),
      stored("b", "2026-10-24T01:00:00.000Z", "i1"),
      stored("b", "2026-10-24T01:00:00.000Z", "i2"),
      stored("b", "2026-10-25T06:00:00.000Z", "~1-1", { p: [1, "x"], q: true, r: 2 }),
    ]);
    expect(answer.cursor).toBeNull();
    expect(answer.meta.stats).toMatchObject({ shards: 1, historyFrom: "2026-10-24" });
    const reverse = await timeline(log, { direction: "desc" });
    expect(reverse.events).toEqual([...answer.events].reverse());
  });

  it("selects by time, name and filter", async () => {
    const log = await logOf([event("a", 0), event("b", 1), event("a", 2), event("a", 24)]);
    expect(namesOf(await timeline(log, { from: firstMs + 1, to: "2026-10-25" }))).toEqual([
      "b 24T01:00",
      "a 24T02:00",
    ]);
    const where = { property: "$event", op: "neq", value: "a" };
    expect(namesOf(await timeline(log, { select: { where } }))).toEqual(["b 24T01:00"]);
    expect(namesOf(await timeline(log, { select: { event: ["a"] }, limit: 1 }))).toEqual([
      "a 24T00:00",
    ]);
  });

  it("knows nothing of nobody, and of nobody else", async () => {
    const log = await logOf([event("a", 0, { user: "" }), event("a", 0, { user: "A" })]);
    expect((await timeline(log, { user_id: "" })).events).toEqual([]);
    expect((await timeline(log, { user_id: "a" })).events).toEqual([]);
  });

  it("goes on from a cursor, which ends where the events end", async () => {
    const log = await logOf([event("a", 0), event("b", 1), event("c", 30), event("d", 31)]);
    const first = await timeline(log, { limit: 2 });
    expect(namesOf(first)).toEqual(["a 24T00:00", "b 24T01:00"]);
    const second = await timeline(log, { limit: 2, cursor: first.cursor });
    expect(namesOf(second)).toEqual(["c 25T06:00", "d 25T07:00"]);
    expect(second.cursor).toBeNull();
  });

  it("goes on at the snapshot of the first page", async () => {
    const log = await logOf([event("a", 0), event("b", 1), event("c", 30)]);
    const first = await timeline(log, { limit: 1 });
    const query = { kind: "timeline", user_id: "a", limit: 9, cursor: first.cursor };
    expect(snapshotOf(parseQuery(query))).toBe(first.meta.snapshot);
    expect(snapshotOf(parseQuery({ ...query, cursor: undefined }))).toBeUndefined();
    const pin = log.pin();
    await log.flush(2, [event("late", 2)]);
    const rest = (await ask(log, query, { pin })) as TimelineAnswer;
    expect(namesOf(rest)).toEqual(["b 24T01:00", "c 25T06:00"]);
    await expect(ask(log, query)).rejects.toThrow(/at the snapshot of its cursor/);
  });

  it("refuses a cursor of another query, and one that was changed", async () => {
    const log = await logOf([event("a", 0), event("b", 1), event("c", 30)]);
    const { cursor } = await timeline(log, { limit: 1 });
    const changed = Buffer.from(cursor!, "base64url").toString().replace('"a"', '"b"');
    const wrong = [
      { cursor, direction: "desc" },
      { cursor, user_id: "b" },
      { cursor, select: { event: "a" } },
      { cursor: Buffer.from(changed).toString("base64url") },
      { cursor: "nonsense" },
      { cursor: "" },
      { cursor: Buffer.from("[]").toString("base64url") },
    ];
    for (const query of wrong) {
      await expect(timeline(log, query)).rejects.toMatchObject({
        code: "CURSOR_INVALID",
        path: "cursor",
      });
    }
    expect((await timeline(log, { cursor, limit: 7 })).events.length).toBe(2);
  });

  it("gives the same events in pages of any size, in both directions", async () => {
    const property = fc.asyncProperty(
      fc.array(someEvent, { maxLength: 30 }),
      fc.constantFrom("a", "b", "\uffff"),
      fc.constantFrom("asc", "desc"),
      fc.integer({ min: 1, max: 7 }),
      fc.option(someFilter, { nil: undefined }),
      async (events, user_id, direction, limit, where) => {
        const log = await logOf(events, 3);
        const query = { user_id, direction, limit, select: { where } };
        const found: StoredEvent[] = [];
        let cursor: string | null | undefined;
        do {
          const page = await timeline(log, { ...query, cursor: cursor ?? undefined });
          expect(page.events.length).toBeLessThanOrEqual(limit);
          expect(page.events.length > 0 || cursor === undefined).toBe(true);
          found.push(...page.events);
          cursor = page.cursor;
        } while (cursor !== null);
        const expected = events
          .map((one, index) => ({ ...one, index }))
          .filter((one) => one.user === user_id && isSelected(one, { where: where as undefined }))
          .map(({ index, atMs, event }) => [new Date(atMs).toISOString(), event, index + 1]);
        // Ids are derived here, `~<writer>-<seq>`: the seq tells which event it is.
        const seqOf = ({ insert_id }: StoredEvent): number => Number(insert_id.split("-")[1]);
        const order = found.map((one) => [one.time, one.event, seqOf(one)]);
        expect(sorted(order)).toEqual(sorted(expected));
        const keys = found.map(({ time, event, insert_id }) =>
          Buffer.from([time, event, insert_id].join("\u0000")),
        );
        const wanted = [...keys].sort(Buffer.compare);
        expect(keys).toEqual(direction === "asc" ? wanted : wanted.reverse());
      },
    );
    await fc.assert(property, { numRuns: process.env["SHALE_TEST_LONG"] === "1" ? 3000 : 50 });
  });
});

function sorted(rows: readonly unknown[]): string[] {
  return rows.map((row) => JSON.stringify(row)).sort();
}

function stored(
  name: string,
  time: string,
  insert_id: string,
  properties: StoredEvent["properties"] = {},
): StoredEvent {
  return { event: name, user_id: "a", time, insert_id, properties };
}
