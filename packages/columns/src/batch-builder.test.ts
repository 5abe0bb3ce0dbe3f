import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { createBatchBuilder } from "./batch-builder.ts";
import type { EventBatch, PropertyColumn } from "./event-batch.ts";
import { textAt } from "./text-table.ts";
import { loadUserHasher, type UserHasher } from "./users/user-hasher.ts";

type Value = string | number | boolean | readonly number[];
interface Row {
  readonly user: string;
  readonly event: string;
  readonly timeMs: number;
  readonly insertId: string | undefined;
  readonly properties: Readonly<Record<string, Value>>;
}

function slotOf(column: PropertyColumn, row: number): number | undefined {
  if (column.rows === undefined) return row;
  const slot = column.rows.indexOf(row);
  return slot < 0 ? undefined : slot;
}
function valueAt(column: PropertyColumn, row: number): Value | undefined {
  const slot = slotOf(column, row);
  if (slot === undefined) return undefined;
  if (column.kind === "number") {
    const value = column.values[slot]!;
    return Number.isNaN(value) ? undefined : value;
  }
  if (column.kind === "boolean") return [undefined, false, true][column.values[slot]!];
  const code = column.codes[slot]!;
  if (code === 0) return undefined;
  const text = textAt(column.values, code - 1);
  return column.kind === "string" ? text : JSON.parse(text);
}
function rowOf(batch: EventBatch, row: number): Row {
  const properties: Record<string, Value> = {};
  for (const column of batch.properties) {
    const value = valueAt(column, row);
    if (value !== undefined) properties[column.name] = value;
  }
  const insertIdCode = batch.insertIdCodes[row]!;
  return {
    user: textAt(batch.users.ids, batch.userCodes[row]!),
    event: textAt(batch.events, batch.eventCodes[row]!),
    timeMs: batch.timesMs[row]!,
    insertId: insertIdCode === 0 ? undefined : textAt(batch.insertIds, insertIdCode - 1),
    properties,
  };
}

const anyRow: fc.Arbitrary<Row> = fc.record({
  user: fc.constantFrom("", "u1", "u2", "ü", "😀"),
  event: fc.constantFrom("view", "buy"),
  timeMs: fc.integer({ min: -1, max: 2_000_000_000_000 }),
  insertId: fc.option(fc.string({ unit: "grapheme" }), { nil: undefined }),
  properties: fc.dictionary(
    fc.constantFrom("a", "b", "c", "rare", "toString"),
    fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
      fc.boolean(),
      fc.array(fc.nat()),
    ),
    { noNullPrototype: true },
  ),
});

describe("createBatchBuilder()", () => {
  let hasher: UserHasher;
  beforeAll(async () => {
    hasher = await loadUserHasher();
  });
  function buildOf(rows: readonly Row[]): EventBatch {
    const builder = createBatchBuilder(hasher);
    for (const { user, event, timeMs, insertId, properties } of rows) {
      builder.startRow(user, event, timeMs, insertId);
      for (const [name, value] of Object.entries(properties)) {
        if (typeof value === "string") builder.setString(name, value);
        else if (typeof value === "number") builder.setNumber(name, value);
        else if (typeof value === "boolean") builder.setBoolean(name, value);
        else builder.setList(name, JSON.stringify(value));
      }
    }
    return builder.build();
  }

  test("gives back every row as it was put in", () => {
    fc.assert(
      fc.property(fc.array(anyRow, { maxLength: 40 }), (rows) => {
        const batch = buildOf(rows);
        expect(batch.rowCount).toBe(rows.length);
        expect(rows.map((_, row) => rowOf(batch, row))).toEqual(rows);
      }),
    );
  });

  test("has the hash of each distinct user beside its id", () => {
    const users = Array.from({ length: 1000 }, (_, index) => `user ${index % 700}`);
    const batch = buildOf(
      users.map((user) => ({ user, event: "e", timeMs: 0, insertId: undefined, properties: {} })),
    );
    expect(batch.users.ids.count).toBe(700);
    expect(batch.users.hashHigh).toHaveLength(700);
    for (let code = 0; code < 700; code++) {
      hasher.hashText(textAt(batch.users.ids, code));
      expect([batch.users.hashHigh[code], batch.users.hashLow[code]]).toEqual([
        hasher.high,
        hasher.low,
      ]);
    }
  });

  test("a column is sparse below one value in eight rows, and dense from there", () => {
    const rows = Array.from({ length: 80 }, (_, index) => ({
      user: "u",
      event: "e",
      timeMs: index,
      insertId: undefined,
      properties: {
        ...(index >= 70 ? { tenth: index } : {}),
        ...(index >= 71 ? { below: "x" } : {}),
      },
    }));
    const [below, tenth] = buildOf(rows).properties;
    expect([below?.name, below?.rows?.length]).toEqual(["below", 9]);
    expect([tenth?.name, tenth?.rows]).toEqual(["tenth", undefined]);
  });

  test("orders columns by name, then kind, and stores -0 as 0", () => {
    const properties = { z: 1, a: -0, m: "x" };
    const base = { user: "u", event: "e", timeMs: 0, insertId: undefined };
    const batch = buildOf([
      { ...base, properties },
      { ...base, properties: { a: "text", m: true } },
    ]);
    expect(batch.properties.map(({ name, kind }) => `${name}:${kind}`)).toEqual([
      "a:number",
      "a:string",
      "m:boolean",
      "m:string",
      "z:number",
    ]);
    expect(Object.is(valueAt(batch.properties[0]!, 0), 0)).toBe(true);
  });

  test("an empty batch has no rows and no columns", () => {
    const batch = buildOf([]);
    expect([batch.rowCount, batch.users.ids.count, batch.properties.length]).toEqual([0, 0, 0]);
  });

  test("refuses a second value of a kind in one row, and rows after build()", () => {
    const builder = createBatchBuilder(hasher);
    builder.startRow("u", "e", 0, undefined);
    builder.setNumber("a", 1);
    expect(() => builder.setNumber("a", 2)).toThrow("one value of a name and kind");
    expect(() => builder.setNumber("b", Number.NaN)).toThrow("finite");
    builder.build();
    expect(() => builder.startRow("u", "e", 0, undefined)).toThrow("no more rows");
  });
});
