import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PlainTable, Project } from "@shale/engine";
import { openStore } from "@shale/engine";
import type { EventInput, PropertyValue, StoredEvent } from "@shale/model";
import { arbitraryEvents } from "@shale/testing";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { collect, isLong, NEVER_MS } from "./engine-process.test-support.ts";

const scratch = mkdtempSync(join(tmpdir(), "shale-sql-test-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
let stores = 0;

async function withProject(
  run: (project: Project, root: string) => Promise<void>,
  { shards = 3, place = "folder" }: { shards?: number; place?: "folder" | "memory" } = {},
): Promise<void> {
  const root = place === "folder" ? join(scratch, String(stores++)) : ":memory:";
  const off = { flushIntervalMs: NEVER_MS, compaction: "off", workerCount: 0 } as const;
  const store = await openStore({ root, ...off });
  try {
    await run(await store.project("p", { shards }), root);
  } finally {
    await store.close();
  }
}

/** The rows of a table as objects; absent and null are one. */
function rowsOf({ columns, rowCount }: PlainTable): Record<string, unknown>[] {
  return Array.from({ length: rowCount }, (_, row) =>
    Object.fromEntries(
      columns.flatMap(({ name, cells }) => {
        const cell = cells[row] ?? null;
        return cell === null ? [] : [[name, cell]];
      }),
    ),
  );
}

const NAMES = ["price", "Price", "time", "user_id", "", 'a"b', "a'b", "p:number", "__proto__", "ü"];
const values: fc.Arbitrary<PropertyValue> = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer({ min: -1e9, max: 1e9 }),
  fc.constantFrom("7", "", "a'b", true, false, null),
  fc.array(fc.oneof(fc.integer(), fc.string()), { maxLength: 2 }),
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

/** Values of an event in the order of their properties' names; a list as its JSON. */
function valuesOf({ properties }: StoredEvent): unknown[] {
  return Object.entries(properties)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, value]) => (Array.isArray(value) ? JSON.stringify(value) : value));
}
const byKey = (a: string, b: string): number => (a < b ? -1 : 1);
function shown(user: unknown, event: unknown, timeMs: number, id: unknown, own: unknown[]): string {
  return JSON.stringify([user, event, timeMs, id, own]);
}

test("the table has each event of an export once, wherever its row lies", async () => {
  const step = fc.constantFrom("flush", "due", "compact", "delete", "none");
  const appends = fc.array(fc.tuple(events, step), { minLength: 1, maxLength: 4 });
  const shards = fc.integer({ min: 1, max: 4 });
  const place = fc.constantFrom("folder" as const, "memory" as const);
  await fc.assert(
    fc.asyncProperty(appends, shards, place, async (parts, shardCount, where) => {
      await withProject(
        async (project) => {
          for (const [appended, after] of parts) {
            await project.append(appended);
            if (after !== "none") await project.flush();
            if (after === "due") await project.compact({ mode: "due" });
            if (after === "compact") await project.compact();
            if (after === "delete")
              await project.deleteUsers([
                appended.find((one) => one.user_id !== "")?.user_id ?? "u",
              ]);
          }
          const table = await project.querySql("select * from events");
          // Columns stand in the order of their properties, so that a row's values do, too.
          const found = rowsOf(table).map(({ user_id, event, time, insert_id, ...own }) =>
            shown(user_id, event, Number(time), insert_id, Object.values(own)),
          );
          const expected = (await collect(project.events())).map((event) =>
            shown(
              event.user_id,
              event.event,
              Date.parse(event.time),
              event.insert_id,
              valuesOf(event),
            ),
          );
          expect(found.sort(byKey)).toEqual(expected.sort(byKey));
        },
        { shards: shardCount, place: where },
      );
    }),
    { numRuns: isLong ? 200 : 12, endOnFailure: true },
  );
}, 900_000);

const START_MS = Date.UTC(2026, 9, 1);
const few: EventInput[] = [
  { event: "view", user_id: "a", time: START_MS, properties: { price: 3, tags: ["x"] } },
  { event: "buy", user_id: "b'; drop", time: START_MS + 1_500, properties: { price: "free" } },
  { event: "buy", user_id: "a", time: START_MS + 90_000_000, properties: { price: 4.5 } },
];

describe("a statement", () => {
  test("gives an Arrow table; its values are bound, not pasted", async () => {
    await withProject(async (project) => {
      await project.append(few);
      const user = "b'; drop";
      const table = await project.sql`
        select event, count(*) n, min("time") as first from events
        where user_id = ${user} and "time" >= ${new Date(START_MS)} and ${true} group by 1`;
      expect(table.numRows).toBe(1);
      expect(table.get(0)?.toJSON()).toMatchObject({ event: "buy", n: 1n });
      expect(Number(table.getChild("first")?.get(0))).toBe(START_MS + 1_500);
    });
  });

  test("sees the kinds of a property as typed columns", async () => {
    await withProject(async (project) => {
      await project.append(few);
      await project.compact();
      const { columns } = await project.querySql(
        'select sum(price) as total, max("price:string") as text, max(tags->>0) as tag from events',
      );
      expect(columns).toEqual([
        { name: "total", type: "number", cells: [7.5] },
        { name: "text", type: "string", cells: ["free"] },
        { name: "tag", type: "string", cells: ["x"] },
      ]);
    });
  });

  test("has its columns on an empty store, too", async () => {
    await withProject(async (project) => {
      const table = await project.querySql("select * from events");
      expect(table.columns.map(({ name }) => name)).toEqual([
        "event",
        "user_id",
        "time",
        "insert_id",
      ]);
      expect(await project.querySql("select count(*) n from events")).toMatchObject({
        columns: [{ cells: [0n] }],
      });
    });
  });

  test.each([
    ["two of them", "select 1; select 2"],
    ["none", "  "],
    ["a table that is made", "create table t as select 1"],
    ["a view that is dropped", "drop view events"],
    ["a setting", "set threads = 1"],
    ["a file that is written", "copy (select 1) to '/tmp/shale-sql-refused.csv'"],
    ["a database that is attached", "attach '/tmp/shale-sql-refused.db'"],
    ["an extension", "install httpfs"],
    ["a mistake", "selct 1"],
    ["an unknown column", "select nothing from events"],
    ["a value too few", "select $1"],
  ])("is refused when it is %s", async (_what, statement) => {
    await withProject(async (project) => {
      await project.append(few);
      await expect(project.querySql(statement)).rejects.toMatchObject({ code: "SQL_INVALID" });
    });
  });

  test("reads no file but those of the pin", async () => {
    await withProject(async (project, root) => {
      await project.append(few);
      const secret = join(scratch, "secret.csv");
      writeFileSync(secret, "a\n1\n");
      for (const path of [secret, `${root}/../secret.csv`, `${root}/p/catalog/*`]) {
        await expect(project.querySql(`select * from read_csv('${path}')`)).rejects.toMatchObject({
          code: "SQL_INVALID",
        });
        await expect(project.querySql(`select * from glob('${path}')`)).rejects.toMatchObject({
          code: "SQL_INVALID",
        });
      }
    });
  });

  test("stops when it is told to", async () => {
    await withProject(async (project) => {
      await project.append(few);
      const stop = new AbortController();
      const statement =
        "select count(*) from range(100000) a, range(1000000) b where a.range % 7 = b.range % 5";
      const running = project.querySql(statement, { signal: stop.signal });
      setTimeout(() => stop.abort(), 300);
      await expect(running).rejects.toMatchObject({ code: "CANCELLED" });
    });
  });
});

test("a day file that has gone, or is no Parquet any more, is damage and no wrong statement", async () => {
  await withProject(async (project, root) => {
    await project.append(few);
    await project.compact();
    await project.querySql("select 1 from events");
    const { files = [] } = await project.status({ files: true });
    const path = join(root, files[0]!.key);
    const bytes = readFileSync(path);
    // The footer is known to this process, so that only DuckDB meets it.
    writeFileSync(path, bytes.subarray(0, bytes.length - 40));
    const reading = project.querySql("select * from events");
    await expect(reading).rejects.toMatchObject({ code: "OBJECT_CORRUPT" });
    rmSync(path);
    await expect(project.querySql("select * from events")).rejects.toMatchObject({
      code: "OBJECT_MISSING",
    });
  });
});

test("more properties than a file has columns for are columns all the same", async () => {
  await withProject(
    async (project) => {
      const names = Array.from({ length: 2_050 }, (_, i) => `p/${i}`);
      const wide = (user: string, from: number, value: PropertyValue): EventInput => ({
        ...{ event: "e", user_id: user, time: START_MS },
        properties: Object.fromEntries(names.slice(from).map((name) => [name, value])),
      });
      await project.append([wide("a", 0, 1.5), wide("b", 1_500, "x"), wide("c", 0, true)]);
      await project.compact();
      const { columns } = await project.querySql(
        'select max("p/2049:number") a, max("p/0") b, max("p/2049") c, max("p/0:boolean") d from events',
      );
      expect(columns.map(({ cells }) => cells[0])).toEqual([1.5, 1.5, "x", true]);
    },
    { shards: 1 },
  );
});
