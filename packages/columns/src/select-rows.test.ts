import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arbitraryBatch } from "../test/arbitrary-batch.ts";
import { batchOf } from "../test/batch-of.ts";
import { batchBytes } from "./batch-bytes.ts";
import { columnAt, denseColumn } from "./column-at.ts";
import { eventAt } from "./event-at.ts";
import { selectRows } from "./select-rows.ts";

const arbitrarySelection = arbitraryBatch().chain(({ rows, batch }) =>
  fc.record({
    rows: fc.constant(rows),
    batch: fc.constant(batch),
    selected: fc.subarray([...rows.keys()]),
  }),
);

describe("eventAt()", () => {
  test("gives back the events that a batch was made of", () => {
    fc.assert(
      fc.property(arbitraryBatch(), ({ rows, batch }) => {
        expect(rows.map((_row, index) => eventAt(batch, index))).toEqual(rows);
      }),
    );
  });

  test("keeps a property named __proto__, and leaves the prototype alone", () => {
    const properties = JSON.parse('{"__proto__": "x"}') as Record<string, string>;
    const batch = batchOf([
      { event: "e", user_id: "u", timeMs: 1, insert_id: undefined, properties },
    ]);
    const event = eventAt(batch, 0);
    expect(Object.getPrototypeOf(event.properties)).toBe(Object.prototype);
    expect(JSON.stringify(event.properties)).toBe('{"__proto__":"x"}');
  });
});

describe("selectRows()", () => {
  test("gives the selected rows with their seqs and hashes, dictionaries shared", () => {
    fc.assert(
      fc.property(arbitrarySelection, ({ rows, batch, selected }) => {
        const part = selectRows(batch, Uint32Array.from(selected));
        expect(selected.map((_row, index) => eventAt(part, index))).toEqual(
          selected.map((row) => rows[row]),
        );
        expect([...part.seqs]).toEqual(selected.map((row) => batch.seqs[row]));
        expect(part.writer).toBe(batch.writer);
        expect(part.users).toBe(batch.users);
      }),
    );
  });

  test("leaves a batch without a place in a log without one", () => {
    const { seqs: _seqs, writer: _writer, ...batch } = batchOf([]);
    expect(Object.keys(selectRows(batch, new Uint32Array(0)))).not.toContain("seqs");
  });

  test("refuses rows that do not ascend, or are not there", () => {
    const row = { event: "e", user_id: "u", timeMs: 1, insert_id: undefined, properties: {} };
    const batch = batchOf([row, row]);
    expect(() => selectRows(batch, Uint32Array.of(1, 0))).toThrow(/rows ascend/);
    expect(() => selectRows(batch, Uint32Array.of(1, 1))).toThrow(/rows ascend/);
    expect(() => selectRows(batch, Uint32Array.of(2))).toThrow(/rows ascend/);
  });
});

describe("denseColumn()", () => {
  test("has the same value in every row, one slot each", () => {
    fc.assert(
      fc.property(arbitraryBatch(), ({ batch }) => {
        for (const column of batch.properties) {
          const dense = denseColumn(column, batch.rowCount);
          expect(dense.rows).toBeUndefined();
          const slots = "codes" in dense ? dense.codes : dense.values;
          expect(slots.length).toBe(batch.rowCount);
          for (let row = 0; row < batch.rowCount; row++) {
            expect(columnAt(dense, row)).toEqual(columnAt(column, row));
          }
        }
      }),
    );
  });
});

describe("batchBytes()", () => {
  test("grows with the rows, the texts and the columns", () => {
    const row = { event: "e", user_id: "u", timeMs: 1, insert_id: undefined, properties: {} };
    const one = batchBytes(batchOf([row]));
    const thousand = batchBytes(batchOf(Array.from({ length: 1000 }, () => row)));
    // Two doubles and three codes a row.
    expect(thousand - one).toBe(999 * (2 * 8 + 3 * 4));
    const text = batchBytes(batchOf([{ ...row, properties: { a: "x".repeat(5000) } }]));
    expect(text - one).toBeGreaterThan(5000);
  });
});
