import { readFileSync } from "node:fs";
import { digestsByGeneration } from "@shale/columns";
import fc from "fast-check";
import { expect, test } from "vitest";
import { all, readBack, rowsOf, wanted } from "../../../test/day-file-rows.ts";
import { readByDuckdb, readByHyparquet } from "../../../test/other-readers.ts";
import { contentOf, type StoredRow, storedBatchOf } from "../../../test/stored-batch-of.ts";
import type { EncodedDayFile } from "../day-file.ts";
import { encodeDayFile } from "../encode-day-file.ts";
import { openDayFile } from "../open-day-file.ts";
import { planDayFileRead } from "../plan-day-file-read.ts";
import { joinRowGroups, mayBeJoined } from "./join-row-groups.ts";
import { checkFacts, sumFacts } from "./row-group-facts.ts";

const dayMs = Date.UTC(2026, 0, 1);
const day = dayMs / 86_400_000;

const value = fc.constantFrom<StoredRow["properties"][string]>("x", "", 1.5, -3, true, false, [
  1,
  "a",
]);
const properties = fc
  .array(fc.tuple(fc.constantFrom("a", "A", "b", "p", "user_id", ""), value), { maxLength: 3 })
  .map((entries) => Object.fromEntries(entries));
const rowsOfDay = fc
  .array(
    fc.record({
      user_id: fc.nat(60).map((user) => (user === 0 ? "" : `u${user}`)),
      event: fc.constantFrom("view", "buy", "Ωμέγα"),
      insert_id: fc.constantFrom(undefined, "i1", "~1-7"),
      writer: fc.integer({ min: 1, max: 3 }),
      generation: fc.nat(2),
      properties,
    }),
    { minLength: 2, maxLength: 120 },
  )
  .map((rows) => rows.map((row, i): StoredRow => ({ ...row, timeMs: dayMs + 7 * i, seq: i + 1 })));

interface Opened extends EncodedDayFile {
  readonly rows: readonly StoredRow[];
}

function fileOf(given: readonly StoredRow[], rowGroupRowsMax: number): Opened {
  const { rows, batch } = storedBatchOf(given, { shards: 3, isSparse: (key) => key.length > 2 });
  const content = { ...contentOf(batch, 3), generations: digestsByGeneration(batch) };
  return { rows, ...encodeDayFile(content, { compression: "lz4", rowGroupRowsMax }) };
}

function indexOf({ bytes, footerBytes }: Pick<EncodedDayFile, "bytes" | "footerBytes">) {
  const tail = bytes.subarray(bytes.length - footerBytes);
  return openDayFile(tail, { key: "k", size: bytes.length });
}

function sourceOf(file: EncodedDayFile, rowGroups: readonly number[], bytes = file.bytes) {
  const index = indexOf(file);
  const parts = planDayFileRead(index, { ...all, rowGroups }).map(({ offset, length }) =>
    bytes.subarray(offset, offset + length),
  );
  return { key: "k", index, rowGroups, parts, placeOf: (place: string) => place };
}

const content = { project: "p", spec: "A", shard: 0, shards: 3, day, tombstone: 0 };

/** What a file of these rows says, but for where its row groups begin. */
function factsOf({ rowGroups: _rowGroups, ...facts }: EncodedDayFile["footer"]) {
  return facts;
}

/** Users of an even number of the order in which they stand, and the others. */
function halves(rows: readonly StoredRow[]): readonly (readonly StoredRow[])[] {
  const { rows: sorted } = storedBatchOf(rows, { shards: 3 });
  const users = [...new Set(sorted.map(({ user_id }) => user_id))];
  const first = new Set(users.slice(0, Math.ceil(users.length / 2)));
  return [
    rows.filter((row) => first.has(row.user_id)),
    rows.filter((row) => !first.has(row.user_id)),
  ];
}

test("row groups of two files joined are the file that their rows would have been", async () => {
  await fc.assert(
    fc.asyncProperty(rowsOfDay, fc.constantFrom(1, 7, 1000), async (rows, rowsMax) => {
      const parts = halves(rows).filter((half) => half.length > 0);
      const files = parts.map((half) => fileOf(half, rowsMax));
      const sources = files.map((file) =>
        sourceOf(
          file,
          file.footer.rowGroups.map((_group, number) => number),
        ),
      );
      const joined = joinRowGroups({ ...content, sources });
      const whole = fileOf(rows, rowsMax);
      expect(factsOf(joined.footer)).toEqual(factsOf(whole.footer));
      expect(rowsOf(readBack(joined.bytes, joined.footerBytes))).toEqual(wanted(whole.rows));
      const index = indexOf(joined);
      checkFacts(index.footer, index.rowGroupFacts ?? [], { key: "k" });
      const shown = await readByHyparquet(whole.bytes);
      expect(await readByHyparquet(joined.bytes)).toEqual(shown);
      expect(await readByDuckdb(joined.bytes)).toEqual(await readByDuckdb(whole.bytes));
    }),
    { numRuns: 40 },
  );
});

test("some row groups of a file are the file that their rows would have been", () => {
  fc.assert(
    fc.property(rowsOfDay, fc.nat(), (rows, draw) => {
      const file = fileOf(rows, 7);
      const { rowGroups } = file.footer;
      const some = rowGroups.flatMap((_group, number) =>
        (draw >> (number % 16)) % 2 ? [number] : [],
      );
      if (some.length === 0) return;
      const own = some.flatMap((number) => {
        const { start = 0, rows: count = 0 } = rowGroups[number] ?? {};
        return file.rows.slice(start, start + count);
      });
      const joined = joinRowGroups({ ...content, sources: [sourceOf(file, some)] });
      expect(factsOf(joined.footer)).toEqual(factsOf(fileOf(own, 1000).footer));
      expect(rowsOf(readBack(joined.bytes, joined.footerBytes))).toEqual(wanted(own));
    }),
    { numRuns: 150 },
  );
});

test("a file of one row group has format 1 and is as large as before; others tell facts", () => {
  const rows = Array.from(
    { length: 50 },
    (_one, i): StoredRow => ({
      ...{ user_id: `u${i}`, event: "view", timeMs: dayMs + i, insert_id: undefined },
      ...{ seq: i, writer: 1, generation: 0, properties: { a: i } },
    }),
  );
  const textOf = ({ bytes, footerBytes }: EncodedDayFile) =>
    Buffer.from(bytes.subarray(bytes.length - footerBytes)).toString("latin1");
  expect(textOf(fileOf(rows, 1000))).toContain('{"format":1,');
  expect(textOf(fileOf(rows, 1000))).not.toContain("eventRows");
  const many = fileOf(rows, 10);
  expect(textOf(many)).toContain('{"format":2,');
  const facts = indexOf(many).rowGroupFacts ?? [];
  expect(facts).toHaveLength(many.footer.rowGroups.length);
  expect(sumFacts(facts).generations).toEqual(many.footer.generations);
});

test("a chunk that was damaged is not copied", () => {
  const rows = Array.from(
    { length: 50 },
    (_one, i): StoredRow => ({
      ...{ user_id: `u${i}`, event: "view", timeMs: dayMs + i, insert_id: undefined },
      ...{ seq: i, writer: 1, generation: 0, properties: { a: i } },
    }),
  );
  const file = fileOf(rows, 10);
  for (const at of [4, 40, file.bytes.length - file.footerBytes - 1]) {
    const bytes = file.bytes.slice();
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    const numbers = file.footer.rowGroups.map((_group, number) => number);
    const source = sourceOf(file, numbers, bytes);
    expect(() => joinRowGroups({ ...content, sources: [source] })).toThrow(/checksum/);
  }
});

test("a file of format 1 with several row groups is not joined, nor one with a rest column", () => {
  const bytes = readFileSync(new URL("../../../fixtures/v1/day-file.parquet", import.meta.url));
  expect(mayBeJoined(indexOf({ bytes, footerBytes: 7634 }))).toBe(false);
  const names = Array.from({ length: 2001 }, (_one, at) => [`n${at}`, at] as const);
  const row: StoredRow = {
    ...{ user_id: "u", event: "view", timeMs: dayMs, insert_id: undefined },
    ...{ seq: 1, writer: 1, generation: 0, properties: Object.fromEntries(names) },
  };
  expect(mayBeJoined(indexOf(fileOf([row], 1000)))).toBe(false);
  expect(mayBeJoined(indexOf(fileOf([{ ...row, properties: { a: 1 } }], 1000)))).toBe(true);
});
