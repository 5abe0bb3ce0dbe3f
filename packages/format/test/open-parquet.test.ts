import type { PropertyValue } from "@shale/model";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DayFileCompression } from "../src/day-file/day-file.ts";
import { encodeDayFile } from "../src/day-file/encode-day-file.ts";
import { type DayFileIndex, openDayFile } from "../src/day-file/open-day-file.ts";
import { storedRows } from "./arbitrary-stored.ts";
import { type OpenRow, readByDuckdb, readByHyparquet } from "./other-readers.ts";
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
  expect(await readByHyparquet(bytes)).toEqual(wanted);
  expect(await readByDuckdb(bytes)).toEqual(wanted);
  return index;
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
    const many = await expectOpen(rows.slice(0, 20_000), { rowGroupRowsMax: 500, shards: 3 });
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
});
