import { columnAt, type StoredBatch, textAt } from "@shale/columns";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { tableOf } from "../../../columns/test/batch-of.ts";
import { storedRows } from "../../test/arbitrary-stored.ts";
import { all, readBack, rowsOf, wanted } from "../../test/day-file-rows.ts";
import { contentOf, type StoredRow, storedBatchOf } from "../../test/stored-batch-of.ts";
import { type EncodeDayFileOptions, encodeDayFile } from "./encode-day-file.ts";
import { openDayFile } from "./open-day-file.ts";
import { planDayFileRead } from "./plan-day-file-read.ts";

const DAY_MS = 86_400_000;

const shapes = fc.record({
  rows: storedRows,
  shards: fc.constantFrom(1, 2, 3, 8, 65_536),
  sparse: fc.boolean(),
  compression: fc.constantFrom<EncodeDayFileOptions["compression"]>("none", "lz4", "snappy"),
  rowGroupRowsMax: fc.constantFrom(1, 4, 131_072),
});

describe("a day file", () => {
  test("gives back every row exactly, in its order", () => {
    fc.assert(
      fc.property(shapes, ({ rows, shards, sparse, compression, rowGroupRowsMax }) => {
        const stored = storedBatchOf(rows, { shards, isSparse: () => sparse });
        const content = contentOf(stored.batch, shards);
        const file = encodeDayFile(content, { compression, rowGroupRowsMax });
        const read = readBack(file.bytes, file.footerBytes);
        expect(rowsOf(read)).toEqual(wanted(stored.rows));
      }),
      { numRuns: 200 },
    );
  });

  test("of 140,000 rows gives every row back, from Buffers too, by every compression", () => {
    const rows = manyRows(140_000);
    const { batch } = rows;
    for (const compression of ["none", "lz4", "snappy"] as const) {
      const file = encodeDayFile(contentOf(batch, 1), { compression });
      expect(file.footer.compression).toBe(compression);
      const read = readBack(Buffer.from(file.bytes) as Uint8Array, file.footerBytes);
      expect(Buffer.compare(bytesOf(read.timesMs), bytesOf(batch.timesMs))).toBe(0);
      expect(Buffer.compare(bytesOf(read.places!.seqs), bytesOf(batch.seqs))).toBe(0);
      expect(Buffer.compare(bytesOf(read.eventCodes), bytesOf(batch.eventCodes))).toBe(0);
      const texts = (row: number) => [
        textAt(read.userIds, read.userCodes[row]!),
        textAt(read.places!.insertIds, read.places!.insertIdCodes[row]! - 1),
        ...read.properties.map((column) => columnAt(column, row)),
      ];
      for (let row = 0; row < batch.rowCount; row += 97) {
        expect(texts(row)).toEqual([`u${row >> 3}`, `i${row}`, `/page/${row % 70_000}`, row / 3]);
      }
    }
  });

  test("gives only what was selected", () => {
    fc.assert(
      fc.property(shapes, fc.nat(), fc.boolean(), ({ rows, shards }, draw, places) => {
        const stored = storedBatchOf(rows, { shards });
        const file = encodeDayFile(contentOf(stored.batch, shards), { rowGroupRowsMax: 4 });
        const rowGroups = file.footer.rowGroups.map((_one, number) => number);
        const picked = rowGroups.filter((number) => (draw >> (number % 16)) % 2 === 0);
        const names = [...new Set(file.footer.columns.map(({ name }) => name))].filter(
          (_name, number) => (draw >> (number % 13)) % 2 === 1,
        );
        const selection = { places, properties: [...names, "not there"], rowGroups: picked };
        const read = readBack(file.bytes, file.footerBytes, selection);
        const all = wanted(stored.rows) as Record<string, unknown>[];
        const expected = picked.flatMap((number) => {
          const { start, rows: count } = file.footer.rowGroups[number]!;
          return all.slice(start, start + count).map((row) => {
            const { user_id, event, timeMs, properties, ...rest } = row;
            const kept = Object.entries(properties as object).filter(([name]) =>
              names.includes(name),
            );
            const shown = { user_id, event, timeMs, properties: Object.fromEntries(kept) };
            return places ? { ...rest, ...shown } : shown;
          });
        });
        expect(rowsOf(read)).toEqual(expected);
        expect(read.places === undefined).toBe(!places);
      }),
      { numRuns: 150 },
    );
  });

  test("says in its footer what its rows are", () => {
    fc.assert(
      fc.property(shapes, ({ rows: given, shards, rowGroupRowsMax }) => {
        const { rows, batch } = storedBatchOf(given, { shards });
        const content = { ...contentOf(batch, shards), tombstone: 7, distinct: false };
        const { footer } = encodeDayFile(content, { rowGroupRowsMax });
        const isClient = (row: StoredRow) =>
          row.insert_id !== undefined && !row.insert_id.startsWith("~");
        expect(footer).toMatchObject({ project: "p", spec: "A", shard: 0, shards, tombstone: 7 });
        expect(footer.distinct).toBe(false);
        expect(footer.rows).toBe(rows.length);
        expect(footer.clientRows).toBe(rows.filter(isClient).length);
        expect(footer.users).toBe(new Set(rows.map((row) => row.user_id).filter(Boolean)).size);
        expect(footer.minTimeMs).toBe(Math.min(...rows.map((row) => row.timeMs)));
        expect(footer.maxTimeMs).toBe(Math.max(...rows.map((row) => row.timeMs)));
        for (const { event, rows: count, clientRows } of footer.events) {
          const own = rows.filter((row) => row.event === event);
          expect([count, clientRows]).toEqual([own.length, own.filter(isClient).length]);
        }
        expect(footer.events.reduce((sum, event) => sum + event.rows, 0)).toBe(rows.length);
        for (const { writer, min, max } of footer.seqs) {
          const seqs = rows.filter((row) => row.writer === writer).map((row) => row.seq);
          expect([min, max]).toEqual([Math.min(...seqs), Math.max(...seqs)]);
        }
        expect(footer.seqs).toHaveLength(new Set(rows.map((row) => row.writer)).size);
        expect(footer.firstPlace).toBe(footer.rowGroups[0]!.firstPlace);
        expect(footer.lastPlace).toBe(footer.rowGroups.at(-1)!.lastPlace);
      }),
      { numRuns: 150 },
    );
  });

  test("reads chunks that lie near each other at once, and leaves out what is far", () => {
    const { batch } = manyRows(140_000);
    const { bytes, footerBytes } = encodeDayFile(contentOf(batch, 1), { compression: "none" });
    const tail = bytes.subarray(bytes.length - footerBytes);
    const index = openDayFile(tail, { key: "k", size: bytes.length });
    const few = planDayFileRead(index, { places: false, properties: [], rowGroups: [0] });
    expect(few).toHaveLength(1);
    expect(few[0]!.offset).toBe(4);
    const apart = planDayFileRead(index, { places: false, properties: ["price"] });
    expect(apart.length).toBeGreaterThan(index.footer.rowGroups.length);
    const total = apart.reduce((sum, { length }) => sum + length, 0);
    expect(total).toBeLessThan(bytes.length / 2);
    expect(planDayFileRead(index, all)).toEqual([
      { offset: 4, length: bytes.length - footerBytes - 4 },
    ]);
  });

  test("keeps seqs and times that lie as far apart as they can", () => {
    const rows = manyPlainRows(600).map((row, index) => ({
      ...row,
      seq: index % 3 === 0 ? 2 ** 53 - 1 - index : index,
      timeMs: 20_000 * DAY_MS + (index % 2 === 0 ? index : DAY_MS - 1 - index),
    }));
    for (const day of [-719_162, 99_999_999]) {
      const dayRows = rows.map((row) => ({ ...row, timeMs: row.timeMs + (day - 20_000) * DAY_MS }));
      const stored = storedBatchOf(dayRows, { shards: 1 });
      const file = encodeDayFile(contentOf(stored.batch, 1));
      expect(rowsOf(readBack(file.bytes, file.footerBytes))).toEqual(wanted(stored.rows));
    }
  });

  test("is the same bytes for the same rows", () => {
    const { batch } = storedBatchOf(manyPlainRows(500), { shards: 8 });
    const once = encodeDayFile(contentOf(batch, 8));
    expect(Buffer.compare(once.bytes, encodeDayFile(contentOf(batch, 8)).bytes)).toBe(0);
  });

  test("refuses rows that are not in order, or of another day", () => {
    const { batch } = storedBatchOf(manyPlainRows(50), { shards: 1 });
    const content = contentOf(batch, 1);
    expect(() => encodeDayFile({ ...content, day: content.day + 1 })).toThrow(
      /the rows are of day/,
    );
    const userCodes = batch.userCodes.toReversed();
    expect(() => encodeDayFile({ ...content, batch: { ...batch, userCodes } })).toThrow(
      /order of S9/,
    );
  });
});

function bytesOf(values: Float64Array | Uint32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

function manyPlainRows(count: number): readonly StoredRow[] {
  return Array.from({ length: count }, (_one, index) => ({
    user_id: `u${index % 40}`,
    event: "view",
    timeMs: 20_000 * DAY_MS + index,
    insert_id: `i${index}`,
    seq: index + 1,
    writer: 1,
    generation: 0,
    properties: { price: index / 3 },
  }));
}

/** 8 rows a user, users in order of their places, made without sorting. */
function manyRows(count: number): { readonly batch: StoredBatch } {
  const numbers = Array.from({ length: count }, (_one, index) => index);
  const users = count / 8;
  const step = Math.floor(2 ** 32 / users);
  const reversed = (value: number) =>
    Number.parseInt([...value.toString(2).padStart(32, "0")].reverse().join(""), 2);
  const batch: StoredBatch = {
    rowCount: count,
    users: {
      ids: tableOf(Array.from({ length: users }, (_one, user) => `u${user}`)),
      hashHigh: new Uint32Array(users),
      hashLow: Uint32Array.from({ length: users }, (_one, user) => reversed(user * step)),
    },
    userCodes: Uint32Array.from(numbers, (row) => row >> 3),
    events: tableOf(["view", "buy"]),
    eventCodes: Uint32Array.from(numbers, (row) => (row % 5 === 0 ? 0 : 1)),
    timesMs: Float64Array.from(numbers, (row) => 20_000 * DAY_MS + ((row * 7919) % DAY_MS)),
    insertIds: tableOf(numbers.map((row) => `i${row}`)),
    insertIdCodes: Uint32Array.from(numbers, (row) => row + 1),
    writers: new Float64Array(count).fill(3),
    seqs: Float64Array.from(numbers, (row) => 7e14 + row * 9e9),
    generations: new Uint32Array(count),
    properties: [
      {
        name: "page",
        kind: "string",
        rows: undefined,
        codes: Uint32Array.from(numbers, (row) => 1 + (row % 70_000)),
        values: tableOf(numbers.slice(0, 70_000).map((page) => `/page/${page}`)),
      },
      {
        name: "price",
        kind: "number",
        rows: undefined,
        values: Float64Array.from(numbers, (row) => row / 3),
      },
    ],
  };
  return { batch };
}
