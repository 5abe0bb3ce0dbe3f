import type { PropertyValue } from "@shale/model";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DayFileCompression } from "../src/day-file/day-file.ts";
import { encodeDayFile } from "../src/day-file/encode-day-file.ts";
import { type DayFileIndex, openDayFile } from "../src/day-file/open-day-file.ts";
import { storedRows } from "./arbitrary-stored.ts";
import {
  duckdbQuery,
  type OpenRow,
  readByDuckdb,
  readByHyparquet,
  withFile,
} from "./other-readers.ts";
import { contentOf, type StoredRow, type StoredShape, storedBatchOf } from "./stored-batch-of.ts";

const dayMs = Date.UTC(2026, 0, 1);

interface Options extends Partial<StoredShape> {
  readonly compression?: DayFileCompression;
  readonly rowGroupRowsMax?: number;
}

function fileOf(given: readonly StoredRow[], options: Options = {}) {
  const { shards = 1, compression, rowGroupRowsMax, ...shape } = options;
  const { rows, batch } = storedBatchOf(given, { shards, ...shape });
  const file = encodeDayFile(contentOf(batch, shards), { compression, rowGroupRowsMax });
  const tail = file.bytes.subarray(file.bytes.length - file.footerBytes);
  return { ...file, rows, index: openDayFile(tail, { key: "k", size: file.bytes.length }) };
}

/** What any reader of Parquet must show, from the rows and the names of the columns alone. */
function openRows(rows: readonly StoredRow[], { properties }: DayFileIndex): readonly OpenRow[] {
  return rows.map((row) => {
    const open: Record<string, unknown> = {
      user_id: row.user_id,
      time: BigInt(row.timeMs) * 1000n,
      event: row.event,
      insert_id: row.insert_id ?? null,
      seq: BigInt(row.seq),
      writer: BigInt(row.writer),
      generation: row.generation,
    };
    const rest: Record<string, unknown> = {};
    for (const { name, kind, column } of properties) {
      const value = Object.hasOwn(row.properties, name) ? row.properties[name] : undefined;
      const isHere = value !== undefined && kindOf(value) === kind;
      if (column === "rest:json") {
        open[column] ??= null;
        if (isHere) rest[name] = value;
      } else open[column] = isHere ? (kind === "list" ? JSON.stringify(value) : value) : null;
    }
    if (Object.keys(rest).length > 0) {
      const names = Object.keys(rest).sort();
      open["rest:json"] = JSON.stringify(
        Object.fromEntries(names.map((name) => [name, rest[name]])),
      );
    }
    return open;
  });
}

function kindOf(value: PropertyValue): string {
  return Array.isArray(value) ? "list" : typeof value;
}

async function expectOpen(
  given: readonly StoredRow[],
  options: Options = {},
): Promise<DayFileIndex> {
  const { bytes, rows, index } = fileOf(given, options);
  const wanted = openRows(rows, index);
  expectSame(await readByHyparquet(bytes), wanted);
  expectSame(await readByDuckdb(bytes), wanted);
  return index;
}

function valueAt(row: OpenRow, column: string): unknown {
  return row[column];
}

/** Equal, value by value; of 100,000 rows only the first different one is shown. */
function expectSame(shown: readonly OpenRow[], wanted: readonly OpenRow[]): void {
  expect(shown).toHaveLength(wanted.length);
  const columns = Object.keys(wanted[0]!).sort();
  const different = wanted.findIndex((row, at) => {
    const other = shown[at]!;
    return (
      Object.keys(other).length !== columns.length ||
      columns.some((column) => !Object.is(other[column], row[column]))
    );
  });
  if (different >= 0) expect(shown[different]).toEqual(wanted[different]);
}

function row(index: number, properties: StoredRow["properties"] = {}): StoredRow {
  return {
    user_id: `u${index}`,
    event: "view",
    timeMs: dayMs + index,
    insert_id: `i${index}`,
    seq: 775_736_524_800_000 + index,
    writer: 1,
    generation: 0,
    properties,
  };
}

function columnNames(index: DayFileIndex): readonly string[] {
  return index.columns.slice(7).map((column) => column.name);
}

describe("other readers of a day file", () => {
  test("show rows of any kind as they are", async () => {
    const shapes = fc.record({
      rows: storedRows,
      compression: fc.constantFrom<DayFileCompression>("none", "lz4", "snappy"),
      sparse: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(shapes, async ({ rows, compression, sparse }) => {
        await expectOpen(rows, { compression, isSparse: () => sparse, rowGroupRowsMax: 16 });
      }),
      { numRuns: 40 },
    );
  });

  test("show one row, absent and empty texts, and columns that only one row has", async () => {
    await expectOpen([row(0)]);
    await expectOpen([{ ...row(0), user_id: "", event: "", insert_id: "" }]);
    await expectOpen([{ ...row(0), insert_id: undefined }]);
    await expectOpen([row(0, { a: "" }), row(1), row(2, { a: "x", b: true }), row(3, { c: [] })]);
    await expectOpen([row(0, { Ωμέγα: "𝄞", a: "\u0000" })]);
  });

  test("show lists as JSON, and a property of four types in four columns", async () => {
    const values = [1.5, "1.5", true, [1, "x", null, false], "two", -3e300, [], false, "three"];
    const index = await expectOpen(values.map((price, at) => row(at, { price })));
    expect(columnNames(index)).toEqual(["price:boolean", "price:list", "price:number", "price"]);
  });

  test("find every property under a name of its own", async () => {
    const names = ["Price", "price", "user_id", "TIME", "day", "a:b", "p", "", "string", "String"];
    const properties = Object.fromEntries(names.map((name) => [name, 1]));
    const index = await expectOpen([row(0, properties), row(1, { p: "x" })]);
    expect(
      Object.fromEntries(
        index.properties.map(({ name, kind, column }) => [`${name} ${kind}`, column]),
      ),
    ).toEqual({
      " number": "p:",
      "Price number": "p:%50rice",
      "String number": "p:%53tring",
      "TIME number": "p:%54%49%4d%45",
      "a:b number": "p:a%3ab",
      "day number": "p:day",
      "p number": "p:p:number",
      "p string": "p:p",
      "price number": "p:price",
      "string number": "p:string",
      "user_id number": "p:user_id",
    });
  });

  test("show 100,000 distinct values in one row group and in many", async () => {
    const rows = Array.from({ length: 100_000 }, (_one, at) =>
      row(at, { page: `/page/${at}`, price: at / 7, half: `h${at % 40_000}`, step: at % 300 }),
    );
    const index = await expectOpen(rows);
    expect(index.footer.rowGroups).toHaveLength(1);
    const many = await expectOpen(rows.slice(0, 5000), { rowGroupRowsMax: 120, shards: 3 });
    expect(many.footer.rowGroups.length).toBeGreaterThan(40);
  });

  test("show 2,001 properties, the rarest in one JSON column", async () => {
    const names = Array.from({ length: 2001 }, (_one, at) => `n${String(at).padStart(4, "0")}`);
    const everywhere = Object.fromEntries(names.slice(2).map((name, at) => [name, at]));
    const rows = [
      row(0, { ...everywhere, n0000: "rare" }),
      row(1, { ...everywhere, n0001: [1, "two"] }),
      row(2, everywhere),
    ];
    const index = await expectOpen(rows);
    expect(columnNames(index)).toHaveLength(2000);
    expect(
      index.properties.filter(({ column }) => column === "rest:json").map(({ name }) => name),
    ).toEqual(["n0000", "n0001"]);
  });

  test("find in the statistics what the rows are, and skip row groups by them", async () => {
    const given = Array.from({ length: 3000 }, (_one, at) =>
      row(at, {
        ...(at % 3 === 0 ? {} : { price: at % 2 === 0 ? -at : at / 7 }),
        zero: at % 5,
        page: `/${"é".repeat(at % 4)}${at % 90}`,
        flag: at % 2 === 0,
        long: `${at % 2}`.repeat(65),
      }),
    );
    const { bytes, rows, index } = fileOf(given, { rowGroupRowsMax: 300, shards: 2 });
    await withFile(bytes, async (path) => {
      const statistics = await duckdbQuery(`
        SELECT row_group_id, path_in_schema, stats_min_value, stats_max_value, stats_null_count
        FROM parquet_metadata('${path}')`);
      for (const { start, rows: count } of index.footer.rowGroups) {
        const group = index.footer.rowGroups.findIndex((one) => one.start === start);
        const own = openRows(rows.slice(start, start + count), index);
        const found = (name: string) =>
          statistics.find(
            (one) =>
              valueAt(one, "row_group_id") === BigInt(group) &&
              valueAt(one, "path_in_schema") === name,
          )!;
        for (const name of ["price", "zero"]) {
          const values = own.map((one) => one[name]).filter((value) => value !== null) as number[];
          expect(Number(valueAt(found(name), "stats_min_value"))).toBe(
            Math.min(...values) + 0 || -0,
          );
          expect(Number(valueAt(found(name), "stats_max_value"))).toBe(Math.max(...values));
          expect(valueAt(found(name), "stats_null_count")).toBe(BigInt(count - values.length));
        }
        for (const name of ["page", "user_id", "insert_id"]) {
          const values = own.map((one) => Buffer.from(String(one[name]))).sort(Buffer.compare);
          expect(valueAt(found(name), "stats_min_value")).toBe(values[0]!.toString());
          expect(valueAt(found(name), "stats_max_value")).toBe(values.at(-1)!.toString());
        }
        expect(valueAt(found("long"), "stats_min_value")).toBeNull();
        const seqs = own.map((one) => Number(valueAt(one, "seq")));
        expect(Number(valueAt(found("seq"), "stats_min_value"))).toBe(Math.min(...seqs));
      }
      const counted = async (where: string) => {
        const [one] = await duckdbQuery(
          `SELECT count(*) n FROM read_parquet('${path}') WHERE ${where}`,
        );
        return Number(valueAt(one!, "n"));
      };
      const wanted = openRows(rows, index);
      expect(await counted("price >= 300")).toBe(
        wanted.filter((one) => Number(valueAt(one, "price")) >= 300).length,
      );
      expect(await counted("zero = 0")).toBe(600);
      expect(await counted("page = '/é7'")).toBe(
        wanted.filter((one) => valueAt(one, "page") === "/é7").length,
      );
      expect(await counted("user_id = 'u77' AND flag = false")).toBe(1);
      expect(await counted(`seq = ${775_736_524_800_000 + 5}`)).toBe(1);
      expect(await counted("time >= TIMESTAMPTZ '2026-01-01 00:00:02.99Z'")).toBe(10);
      expect(await counted("price IS NULL")).toBe(1000);
    });
  });
});
