import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import type { ExportOptions, Project } from "@shale/engine";
import { openStore } from "@shale/engine";
import type { EventInput, PropertyValue, StoredEvent } from "@shale/model";
import { arbitraryEvents } from "@shale/testing";
import { tableFromIPC } from "apache-arrow";
import fc from "fast-check";
import { parquetMetadata, parquetReadObjects } from "hyparquet";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { collect, isLong, NEVER_MS } from "./engine-process.test-support.ts";

const scratch = mkdtempSync(join(tmpdir(), "shale-export-files-"));
let duckdb: DuckDBInstance;
beforeAll(async () => {
  duckdb = await DuckDBInstance.create(":memory:");
});
afterAll(() => {
  duckdb.closeSync();
  rmSync(scratch, { recursive: true, force: true });
});

async function withProject(run: (project: Project) => Promise<void>, shards = 3): Promise<void> {
  const off = { flushIntervalMs: NEVER_MS, compaction: "off", workerCount: 0 } as const;
  const store = await openStore({ root: ":memory:", ...off });
  try {
    await run(await store.project("p", { shards }));
  } finally {
    await store.close();
  }
}

async function exported(project: Project, options: ExportOptions): Promise<Uint8Array> {
  return Buffer.concat(await collect(project.export(options)));
}

/** Rows as a reader sees them: by column, nulls left out, times in ms, lists as JSON text. */
type Row = Map<string, unknown>;
interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
}

function tableOf(columns: readonly string[], rows: readonly (readonly unknown[])[]): Table {
  const named = rows.map(
    (cells) =>
      new Map(
        columns.flatMap((name, index) => {
          const cell = cells[index];
          return cell === null || cell === undefined ? [] : [[name, cell] as const];
        }),
      ),
  );
  return { columns, rows: named };
}

async function readByDuckdb(bytes: Uint8Array): Promise<Table> {
  const path = join(scratch, "one.parquet");
  writeFileSync(path, bytes);
  const connection = await duckdb.connect();
  try {
    const reader = await connection.runAndReadAll(
      `select * replace (epoch_ms("time")::DOUBLE as "time") from read_parquet('${path}')`,
    );
    const names = reader.columnNames();
    return tableOf(names, reader.getRows());
  } finally {
    connection.closeSync();
  }
}

async function readByHyparquet(bytes: Uint8Array): Promise<readonly Record<string, unknown>[]> {
  return await parquetReadObjects({ file: arrayBufferOf(bytes) });
}

function arrayBufferOf(bytes: Uint8Array): ArrayBuffer {
  return Uint8Array.from(bytes).buffer;
}

function readByArrow(bytes: Uint8Array): Table {
  const table = tableFromIPC(bytes);
  const vectors = table.schema.fields.map((_, index) => table.getChildAt(index));
  const rows = Array.from({ length: table.numRows }, (_, row) =>
    vectors.map((vector) => vector?.get(row) as unknown),
  );
  return tableOf(
    table.schema.fields.map(({ name }) => name),
    rows,
  );
}

const OWN = new Set(["event", "user_id", "time", "insert_id"]);

/** A row's values: its own four, then those of properties, in the order of their names. */
function valuesOf(row: Row): unknown[] {
  const [event, user_id, time] = ["event", "user_id", "time"].map((name) => row.get(name));
  const own = [...row].filter(([name]) => !OWN.has(name)).map(([, value]) => value);
  return [event, user_id, time, row.get("insert_id") ?? null, own];
}
/** The same of an event; the names of properties are in the order in which the columns stand. */
function valuesOfEvent(stored: StoredEvent, withDerivedIds: boolean): unknown[] {
  const { event, user_id, time, insert_id, properties } = stored;
  const isDerived = insert_id.startsWith("~");
  const own = Object.entries(properties)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, value]) => (Array.isArray(value) ? JSON.stringify(value) : value));
  const id = isDerived && !withDerivedIds ? null : insert_id;
  return [event, user_id, Date.parse(time), id, own];
}

const NAMES = ["price", "Price", "time", "user_id", "", 'a"b', "p:number", "ü", "7"];
const values: fc.Arbitrary<PropertyValue> = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer({ min: -1e9, max: 1e9 }),
  fc.constantFrom("7", "", "a'b", "😀é", true, false, null),
  fc.array(fc.oneof(fc.integer(), fc.string(), fc.constant(null)), { maxLength: 2 }),
);
const events = fc
  .tuple(
    arbitraryEvents({ count: 25, duplicates: true }),
    fc.array(fc.dictionary(fc.constantFrom(...NAMES), values, { maxKeys: 5 }), {
      minLength: 1,
      maxLength: 8,
    }),
  )
  .map(([plain, properties]) =>
    plain.map(
      (event, i): EventInput => ({ ...event, properties: properties[i % properties.length]! }),
    ),
  );

test("Parquet and Arrow have each event of the store once, value by value, in order", async () => {
  const step = fc.constantFrom("flush", "compact", "none");
  const appends = fc.array(fc.tuple(events, step), { minLength: 1, maxLength: 3 });
  const range = fc.record({
    from: fc.constantFrom(undefined, "2025-10-25"),
    limit: fc.constantFrom(undefined, 7),
    withDerivedIds: fc.boolean(),
  });
  let eventCount = 0;
  await fc.assert(
    fc.asyncProperty(appends, fc.integer({ min: 1, max: 4 }), range, async (steps, shards, ask) => {
      await withProject(async (project) => {
        for (const [appended, after] of steps) {
          await project.append(appended);
          if (after !== "none") await project.flush();
          if (after === "compact") await project.compact();
        }
        const { withDerivedIds, ...wanted } = ask;
        const expected = (await collect(project.events(wanted))).map((event) =>
          valuesOfEvent(event, withDerivedIds),
        );
        eventCount += expected.length;
        const parquet = await exported(project, { ...ask, format: "parquet" });
        const byDuckdb = await readByDuckdb(parquet);
        expect(byDuckdb.rows.map(valuesOf)).toEqual(expected);
        const byArrow = readByArrow(await exported(project, { ...ask, format: "arrow" }));
        expect(byArrow.rows.map(valuesOf)).toEqual(expected);
        const sql = await project.querySql("select * from events");
        const names = sql.columns.map(({ name }) => name);
        expect(byDuckdb.columns).toEqual(names);
        expect(byArrow.columns).toEqual(names);
      }, shards);
    }),
    { numRuns: isLong ? 300 : 12, endOnFailure: true },
  );
  // Few are certain: each run may be of one small append, with a limit of seven.
  expect(eventCount).toBeGreaterThan(10);
}, 900_000);

const START_MS = Date.UTC(2026, 9, 1);
const DAY_MS = 86_400_000;
const odd: Record<string, PropertyValue> = JSON.parse('{"__proto__":1,"7":2,"event":3}');
const few: EventInput[] = [
  ...[
    { event: "view", user_id: "ü😀", time: START_MS, insert_id: "1", properties: odd },
    { event: "view", user_id: "b", time: START_MS + 1, properties: { price: 3, tags: ["x", 1] } },
    { event: "buy", user_id: "", time: START_MS + DAY_MS, properties: { price: "free" } },
    { event: "buy", user_id: "b", time: START_MS + 2 * DAY_MS, properties: { price: 0, on: true } },
  ],
];
const columns = [
  ...["event", "user_id", "time", "insert_id", "7", "__proto__"],
  ...["event:2", "on", "price", "price:string", "tags"],
];

describe("a file of a few events", () => {
  test("reads in hyparquet with types, nulls, lists and odd names", async () => {
    await withProject(async (project) => {
      await project.append(few.slice(0, 2));
      await project.compact();
      await project.append(few.slice(2));
      const bytes = await exported(project, { format: "parquet" });
      const metadata = parquetMetadata(arrayBufferOf(bytes));
      const names = metadata.schema.slice(1).map(({ name }) => name);
      expect(names).toEqual(columns);
      expect(metadata.row_groups.map(({ num_rows }) => num_rows)).toEqual([4n]);
      const nothing = { 7: null, "event:2": null, on: null, price: null, "price:string": null };
      const rows = await readByHyparquet(bytes);
      expect(rows.map(({ __proto__: _prototype, ...row }) => row)).toEqual([
        {
          ...{ event: "view", user_id: "ü😀", time: new Date(START_MS), insert_id: "1" },
          ...{ ...nothing, 7: 2, "event:2": 3, tags: null },
        },
        {
          ...{ event: "view", user_id: "b", time: new Date(START_MS + 1), insert_id: null },
          ...{ ...nothing, price: 3, tags: ["x", 1] },
        },
        {
          ...{ event: "buy", user_id: "", time: new Date(START_MS + DAY_MS), insert_id: null },
          ...{ ...nothing, "price:string": "free", tags: null },
        },
        {
          ...{ event: "buy", user_id: "b", time: new Date(START_MS + 2 * DAY_MS), insert_id: null },
          ...{ ...nothing, on: true, price: 0, tags: null },
        },
      ]);
    });
  });

  test("keeps its columns where the range is empty, and has none of properties in a new store", async () => {
    await withProject(async (project) => {
      const none = { from: "2027-01-01", to: "2027-02-01" };
      const own = columns.slice(0, 4);
      const read = async (options: ExportOptions) => [
        await readByDuckdb(await exported(project, { ...options, format: "parquet" })),
        readByArrow(await exported(project, { ...options, format: "arrow" })),
      ];
      expect(await read({})).toEqual([
        { columns: own, rows: [] },
        { columns: own, rows: [] },
      ]);
      await project.append(few);
      expect(await read(none)).toEqual([
        { columns, rows: [] },
        { columns, rows: [] },
      ]);
      const parquet = await exported(project, { ...none, format: "parquet" });
      expect(await readByHyparquet(parquet)).toEqual([]);
    });
  });

  test("tells how many events it holds, and takes the same snapshot again", async () => {
    await withProject(async (project) => {
      await project.append(few);
      const snapshot = await project.snapshot();
      const counts: number[] = [];
      const onEvents = (events: number): void => void counts.push(events);
      const where = { property: "$event", op: "eq", value: "buy" } as const;
      const options = { format: "arrow", snapshot, where } as const;
      const bytes = await exported(project, { ...options, onEvents });
      expect(counts.at(-1)).toBe(2);
      await project.append([{ event: "buy", user_id: "c", time: START_MS }]);
      expect(await exported(project, options)).toEqual(bytes);
    });
  });
});

test("many events and long texts are many parts, none of which is large", async () => {
  await withProject(async (project) => {
    const many = Array.from({ length: 70_000 }, (_, n) => ({
      ...{ event: `e${n % 3}`, user_id: `u${n % 1_000}`, time: START_MS + n, insert_id: `${n}` },
      properties: n % 2 === 0 ? { n } : { odd: true },
    }));
    await project.append(many);
    const long = Array.from({ length: 40 }, (_, n) => ({
      ...{ event: "long", user_id: "u", time: START_MS + DAY_MS + n },
      properties: { text: `${n}`.padEnd(900_000, "é").slice(0, 440_000), n },
    }));
    await project.append(long);
    const parquet = await exported(project, { format: "parquet" });
    const groups = parquetMetadata(arrayBufferOf(parquet)).row_groups;
    expect(groups.map(({ num_rows }) => Number(num_rows))).toEqual([65_536, 4_504]);
    const arrow = tableFromIPC(await exported(project, { format: "arrow" }));
    expect(arrow.batches.map(({ numRows }) => numRows)).toEqual([65_536, 4_504]);
    const path = join(scratch, "many.parquet");
    writeFileSync(path, parquet);
    const connection = await duckdb.connect();
    const sums = await connection.runAndReadAll(
      `select count(*)::INT, count(distinct user_id)::INT, sum(n)::DOUBLE, count(odd)::INT,
        max(length(text))::INT from read_parquet('${path}')`,
    );
    const nSum = [...many, ...long].reduce((sum, { properties }) => sum + (properties.n ?? 0), 0);
    expect(sums.getRows()).toEqual([[70_040, 1_001, nSum, 35_000, 440_000]]);
    connection.closeSync();
    expect(arrow.getChild("n")?.toArray().length).toBe(70_040);
  });
}, 60_000);

describe("an export that does not end", () => {
  test("is refused for an unknown format", async () => {
    await withProject(async (project) => {
      const format = "csv" as "arrow";
      expect(() => project.export({ format })).toThrow(
        expect.objectContaining({ code: "OPTION_INVALID", path: "format" }),
      );
    });
  });

  test.each(["parquet", "arrow"] as const)(
    "of %s stops when its caller says so",
    async (format) => {
      await withProject(async (project) => {
        await project.append(few);
        const stop = new AbortController();
        stop.abort();
        const chunks = project.export({ format, signal: stop.signal });
        await expect(collect(chunks)).rejects.toMatchObject({ code: "CANCELLED" });
        for await (const chunk of project.export({ format })) {
          expect(chunk.length).toBeGreaterThan(0);
          break;
        }
      });
    },
  );
});
