import { columnAt, type EventBatch, textAt } from "@shale/columns";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { storedRows } from "../../test/arbitrary-stored.ts";
import { contentOf, type StoredRow, storedBatchOf } from "../../test/stored-batch-of.ts";
import type { DayFileRows, DayFileSelection } from "./day-file.ts";
import { decodeDayFileRows } from "./decode-day-file-rows.ts";
import { type EncodeDayFileOptions, encodeDayFile } from "./encode-day-file.ts";
import { openDayFile } from "./open-day-file.ts";
import { planDayFileRead } from "./plan-day-file-read.ts";

const all: DayFileSelection = { places: true, properties: "all" };

/** The rows of a file as plain values. */
function rowsOf(rows: DayFileRows): unknown[] {
  return Array.from({ length: rows.rowCount }, (_one, row) => ({
    user_id: textAt(rows.userIds, rows.userCodes[row]!),
    event: textAt(rows.events, rows.eventCodes[row]!),
    timeMs: rows.timesMs[row],
    ...(rows.places === undefined
      ? {}
      : {
          insert_id:
            rows.places.insertIdCodes[row] === 0
              ? undefined
              : textAt(rows.places.insertIds, rows.places.insertIdCodes[row]! - 1),
          seq: rows.places.seqs[row],
          writer: rows.places.writers[row],
          generation: rows.places.generations[row],
        }),
    properties: propertiesOf(rows.properties, row),
  }));
}

function propertiesOf(columns: EventBatch["properties"], row: number): unknown {
  const entries = columns.flatMap((column) => {
    const value = columnAt(column, row);
    return value === undefined ? [] : [[column.name, value] as const];
  });
  return Object.fromEntries(entries.sort(([left], [right]) => (left < right ? -1 : 1)));
}

function wanted(rows: readonly StoredRow[]): unknown[] {
  return rows.map((row) => ({
    ...row,
    properties: Object.fromEntries(
      Object.entries(row.properties)
        .filter(([, value]) => value !== null)
        .sort(([left], [right]) => (left < right ? -1 : 1)),
    ),
  }));
}

function readBack(
  bytes: Uint8Array,
  footerBytes: number,
  selection: DayFileSelection = all,
): DayFileRows {
  const tail = bytes.subarray(bytes.length - footerBytes);
  const index = openDayFile(tail, { key: "k", size: bytes.length });
  const parts = planDayFileRead(index, selection).map(({ offset, length }) =>
    bytes.slice(offset, offset + length),
  );
  return decodeDayFileRows(index, selection, parts, { key: "k" });
}

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
      { numRuns: 300 },
    );
  });
});
