import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { comparable } from "../../test/comparable.ts";
import {
  arbitraryRows,
  plainRow,
  rowsOf,
  type StoredRow,
  splitRows,
  storedOf,
} from "../../test/stored-rows.ts";
import { type TextTable, textAt } from "../text-table.ts";
import { gatherSorted, withoutRows } from "./gather-sorted.ts";

const arbitrarySplit = arbitraryRows().chain(splitRows);

function all(rows: readonly StoredRow[]) {
  return { batch: storedOf(rows), rows: Uint32Array.from(rows.keys()) };
}

function placeOf(row: StoredRow, shards: number): bigint {
  const { hashHigh, hashLow } = storedOf([row]).users;
  const hash = (BigInt(hashHigh[0]!) << 32n) | BigInt(hashLow[0]!);
  const bits = (hash / BigInt(shards)).toString(2).padStart(64, "0");
  return BigInt(`0b${[...bits].reverse().join("")}`);
}

function shownId(row: StoredRow): string {
  return row.insert_id ?? `~${row.writer}-${row.seq}`;
}

function compareBytes(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

/** The order of S9, the slow way. */
function slowSorted(rows: readonly StoredRow[], shards: number): StoredRow[] {
  const placed = rows.map((row) => ({ row, place: placeOf(row, shards) }));
  placed.sort(
    (left, right) =>
      (left.place < right.place ? -1 : left.place > right.place ? 1 : 0) ||
      compareBytes(left.row.user_id, right.row.user_id) ||
      left.row.timeMs - right.row.timeMs ||
      compareBytes(left.row.event, right.row.event) ||
      compareBytes(shownId(left.row), shownId(right.row)) ||
      left.row.seq - right.row.seq ||
      left.row.writer - right.row.writer,
  );
  return placed.map(({ row }) => row);
}

function textsOf(table: TextTable): string[] {
  return Array.from({ length: table.count }, (_, index) => textAt(table, index));
}

describe("gatherSorted()", () => {
  test("gives the wanted rows of all sources in the order of S9, whole", () => {
    fc.assert(
      fc.property(arbitrarySplit, fc.constantFrom(1, 2, 7, 64), ({ rows, sources }, shards) => {
        expect(rowsOf(gatherSorted(sources, shards))).toEqual(slowSorted(rows, shards));
      }),
      { numRuns: 300 },
    );
  });

  test("depends on the rows alone, not on how they were split, ordered or stored", () => {
    fc.assert(
      fc.property(
        arbitraryRows().chain((rows) => fc.tuple(splitRows(rows), splitRows(rows))),
        ([one, other]) => {
          expect(comparable(gatherSorted(one.sources, 8))).toEqual(
            comparable(gatherSorted(other.sources, 8)),
          );
        },
      ),
    );
  });

  test("has compact dictionaries: users and values by first row, events bytewise", () => {
    fc.assert(
      fc.property(arbitrarySplit, ({ sources }) => {
        const batch = gatherSorted(sources, 8);
        const rows = rowsOf(batch);
        const users = textsOf(batch.users.ids);
        expect(users).toEqual([...new Set(rows.map((row) => row.user_id))]);
        const events = textsOf(batch.events);
        expect(events).toEqual([...new Set(rows.map((row) => row.event))].sort(compareBytes));
        const ids = rows.map((row) => row.insert_id).filter((id) => id !== undefined);
        expect(textsOf(batch.insertIds)).toEqual(ids);
        const places = batch.properties.map(({ name, kind }) => `${name}\u0000${kind}`);
        expect(places).toEqual([...new Set(places)].sort());
        for (const column of batch.properties) {
          const present = rows.filter((row) => Object.hasOwn(row.properties, column.name)).length;
          expect(present).toBeGreaterThan(0);
          if (column.kind !== "string") continue;
          const values = rows
            .map((row) =>
              Object.hasOwn(row.properties, column.name) ? row.properties[column.name] : 0,
            )
            .filter((value) => typeof value === "string");
          expect(textsOf(column.values)).toEqual([...new Set(values)]);
        }
      }),
    );
  });

  test("sorts a user with very many rows, whatever order they come in", () => {
    const count = 3000;
    const rows = Array.from({ length: count }, (_, index) => ({
      ...plainRow,
      timeMs: plainRow.timeMs + ((index * 7919) % 500),
      insert_id: index % 3 === 0 ? `i${index % 11}` : undefined,
      event: index % 2 === 0 ? "view" : "buy",
      seq: 10 + index,
      writer: 1 + (index % 3),
      properties: index % 100 === 0 ? { rare: index } : { often: `v${index % 9}` },
    }));
    const sorted = slowSorted(rows, 4);
    expect(rowsOf(gatherSorted([all(rows)], 4))).toEqual(sorted);
    expect(rowsOf(gatherSorted([all([...sorted].reverse())], 4))).toEqual(sorted);
    const halves = [sorted.filter((_, at) => at % 2 === 0), sorted.filter((_, at) => at % 2 === 1)];
    expect(rowsOf(gatherSorted(halves.map(all), 4))).toEqual(sorted);
  });

  test("orders times too far apart for one number, and event names among them", () => {
    const far = [-8e15, 8e15, 0, 8e15].flatMap((timeMs, at) =>
      ["b", "a"].map((event, index) => ({ ...plainRow, timeMs, event, seq: 2 * at + index + 1 })),
    );
    expect(rowsOf(gatherSorted([all(far)], 1))).toEqual(slowSorted(far, 1));
  });

  test("takes few rows out of a large batch with sparse columns", () => {
    const rows = Array.from({ length: 2000 }, (_, index) => ({
      ...plainRow,
      user_id: `u${index % 500}`,
      seq: index + 1,
      properties: index % 9 === 0 ? { a: `x${index}`, n: index, b: index % 2 === 0 } : {},
    }));
    const batch = storedOf(rows, { isSparse: () => true, unused: [] });
    const wanted = [3, 9, 18, 700, 900, 1999];
    const part = gatherSorted([{ batch, rows: Uint32Array.from(wanted) }], 8);
    const expected = slowSorted(
      wanted.map((index) => rows[index]!),
      8,
    );
    expect(rowsOf(part)).toEqual(expected);
  });

  test("makes an empty batch of nothing", () => {
    const empty = gatherSorted([], 8);
    expect(rowsOf(empty)).toEqual([]);
    expect([empty.users.ids.count, empty.events.count, empty.properties.length]).toEqual([0, 0, 0]);
  });
});

describe("withoutRows()", () => {
  test("is what gatherSorted would have made of the other rows", () => {
    fc.assert(
      fc.property(arbitraryRows(), fc.array(fc.boolean(), { minLength: 40 }), (rows, marks) => {
        const batch = gatherSorted([all(rows)], 8);
        const hidden = Uint8Array.from(rows, (_row, at) => (marks[at] === true ? 1 : 0));
        const kept = rowsOf(batch).filter((_row, at) => hidden[at] === 0);
        expect(comparable(withoutRows(batch, hidden))).toEqual(
          comparable(gatherSorted([all(kept)], 8)),
        );
      }),
    );
  });

  test("gives the batch itself back where no row is hidden", () => {
    const batch = gatherSorted([all([plainRow])], 8);
    expect(withoutRows(batch, new Uint8Array(1))).toBe(batch);
    expect(() => withoutRows(batch, new Uint8Array(2))).toThrow(/every row has a mark/);
  });
});
