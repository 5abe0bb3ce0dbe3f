import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arbitraryBatch } from "../../test/arbitrary-batch.ts";
import { batchOf, type Row } from "../../test/batch-of.ts";
import { comparable } from "../../test/comparable.ts";
import { eventAt } from "../event-at.ts";
import type { EventBatch, LoggedBatch } from "../event-batch.ts";
import { selectRows } from "../select-rows.ts";
import { type TextTable, textAt } from "../text-table.ts";
import { concatBatches } from "./concat-batches.ts";

const LIFT = 1e14;

/** Batches of one writer with their rows, seqs rising from each to the next. */
const arbitraryBatches = fc
  .array(arbitraryBatch({ rowCountMax: 25 }), { minLength: 1, maxLength: 5 })
  .map((made) => ({
    rows: made.flatMap(({ rows }) => rows),
    batches: made.map(
      ({ batch }, index): LoggedBatch => ({
        ...batch,
        seqs: batch.seqs.map((seq) => seq + LIFT * index),
      }),
    ),
  }));

function textsOf(table: TextTable): string[] {
  return Array.from({ length: table.count }, (_, index) => textAt(table, index));
}

function eventsOf(batch: EventBatch) {
  return Array.from({ length: batch.rowCount }, (_, row) => eventAt(batch, row));
}

function hashesOf(batch: LoggedBatch): string[] {
  const { hashHigh, hashLow } = batch.users;
  return Array.from(batch.userCodes, (code) => `${hashHigh[code]} ${hashLow[code]}`);
}

function manyRows(count: number, change: (row: number) => Partial<Row>): Row[] {
  const plain = { event: "e", user_id: "u", timeMs: 0, insert_id: undefined, properties: {} };
  return Array.from({ length: count }, (_, row) => ({ ...plain, ...change(row) }));
}

describe("concatBatches()", () => {
  test("gives every row of every batch, in order, with its seq and its user's hash", () => {
    fc.assert(
      fc.property(arbitraryBatches, ({ rows, batches }) => {
        const whole = concatBatches(batches);
        expect(eventsOf(whole)).toEqual(rows);
        expect(whole.rowCount).toBe(rows.length);
        expect([...whole.seqs]).toEqual(batches.flatMap((batch) => [...batch.seqs]));
        expect(hashesOf(whole)).toEqual(batches.flatMap(hashesOf));
      }),
    );
  });

  test("merges dictionaries to distinct texts that some row has", () => {
    fc.assert(
      fc.property(arbitraryBatches, ({ rows, batches }) => {
        fc.pre(batches.length > 1);
        const whole = concatBatches(batches);
        const distinct = (values: readonly (string | undefined)[]) => [
          ...new Set(values.filter((value) => value !== undefined)),
        ];
        expect(textsOf(whole.users.ids)).toEqual(distinct(rows.map((row) => row.user_id)));
        expect(textsOf(whole.events)).toEqual(distinct(rows.map((row) => row.event)));
        for (const column of whole.properties) {
          if (column.kind === "number" || column.kind === "boolean") continue;
          const texts = textsOf(column.values);
          expect(new Set(texts).size).toBe(texts.length);
          expect(new Set(column.codes).size - (column.codes.includes(0) ? 1 : 0)).toBe(
            texts.length,
          );
        }
      }),
    );
  });

  test("gives the same whether batches are joined at once or pair by pair", () => {
    fc.assert(
      fc.property(arbitraryBatches, ({ batches }) => {
        fc.pre(batches.length > 1);
        const pairwise = batches.reduce((left, right) => concatBatches([left, right]));
        expect(comparable(pairwise)).toEqual(comparable(concatBatches(batches)));
      }),
      { numRuns: 40 },
    );
  });

  test("keeps a column dense where one row in eight has it, and sparse below", () => {
    const having = (count: number) =>
      batchOf(
        manyRows(40, (row) => ({
          properties: row < count ? { s: "x", n: 1, b: true, l: [1] } : {},
        })),
      );
    const empty = batchOf(
      manyRows(40, () => ({})),
      {
        seqs: Array.from({ length: 40 }, (_, row) => 100 + row),
      },
    );
    for (const [count, dense] of [
      [10, true],
      [9, false],
    ] as const) {
      const { properties } = concatBatches([having(count), empty]);
      expect(properties.map((column) => column.name)).toEqual(["b", "l", "n", "s"]);
      for (const { rows } of properties) expect(rows === undefined).toBe(dense);
    }
  });

  test("puts columns in the order of a built batch: by name, then kind", () => {
    const first = batchOf(
      manyRows(2, (row) => ({ properties: row === 0 ? { b: "x" } : { b: 1 } })),
    );
    const second = batchOf(
      manyRows(1, () => ({ properties: { a: true, b: [1] } })),
      { seqs: [9] },
    );
    const { properties } = concatBatches([first, second]);
    expect(properties.map(({ name, kind }) => `${name} ${kind}`)).toEqual([
      "a boolean",
      "b list",
      "b number",
      "b string",
    ]);
  });

  test("gives one batch back as it is, and joins batches that share dictionaries", () => {
    const batch = batchOf(
      manyRows(10, (row) => ({ user_id: `u${row % 3}`, properties: { a: `x${row % 4}` } })),
    );
    expect(concatBatches([batch])).toBe(batch);
    const parts = [
      selectRows(batch, Uint32Array.of(0, 1, 2)),
      selectRows(batch, Uint32Array.of(5)),
      selectRows(batch, Uint32Array.of(6, 7, 9)),
    ];
    const rows = Uint32Array.of(0, 1, 2, 5, 6, 7, 9);
    expect(eventsOf(concatBatches(parts))).toEqual(eventsOf(selectRows(batch, rows)));
  });

  test("refuses batches of two writers, falling seqs, and none", () => {
    const one = batchOf(
      manyRows(2, () => ({})),
      { seqs: [5, 6] },
    );
    const two = batchOf(
      manyRows(1, () => ({})),
      { seqs: [7], writer: 2 },
    );
    expect(() => concatBatches([one, two])).toThrow(/one writer/);
    expect(() => concatBatches([one, one])).toThrow(/seqs rise/);
    expect(() => concatBatches([])).toThrow(/a batch to begin with/);
  });
});
