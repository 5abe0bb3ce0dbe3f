import { DAY_MS } from "@shale/model";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  arbitraryRows,
  plainRow,
  rowsOf,
  type StoredRow,
  storedOf,
} from "../../test/stored-rows.ts";
import { findRepeats } from "./find-repeats.ts";
import { gatherSorted } from "./gather-sorted.ts";

function sortedOf(rows: readonly StoredRow[]) {
  return gatherSorted([{ batch: storedOf(rows), rows: Uint32Array.from(rows.keys()) }], 8);
}

/** The rows of a batch that lose, the slow way. */
function slowRepeats(rows: readonly StoredRow[]): number[] {
  return rows.map((row) => {
    const isBeaten = rows.some(
      (other) =>
        row.insert_id !== undefined &&
        other.insert_id === row.insert_id &&
        other.user_id === row.user_id &&
        other.event === row.event &&
        (other.seq > row.seq || (other.seq === row.seq && other.writer > row.writer)),
    );
    return isBeaten ? 1 : 0;
  });
}

describe("findRepeats()", () => {
  test("marks every row that a later one of its key beats, and no other", () => {
    fc.assert(
      fc.property(arbitraryRows(60), (rows) => {
        const batch = sortedOf(rows);
        const expected = slowRepeats(rowsOf(batch));
        const found = findRepeats(batch);
        if (expected.includes(1)) expect([...found!]).toEqual(expected);
        else expect(found).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });

  test("finds the repeats of a user with very many rows", () => {
    const rows = Array.from({ length: 2000 }, (_, index) => ({
      ...plainRow,
      timeMs: plainRow.timeMs + index,
      insert_id: index % 2 === 0 ? undefined : `i${index % 700}`,
      seq: 5000 - index,
    }));
    const batch = sortedOf(rows);
    expect([...findRepeats(batch)!]).toEqual(slowRepeats(rowsOf(batch)));
  });

  test("takes an id that starts with ~ as any other, and rows without one as never equal", () => {
    const shown = { ...plainRow, insert_id: "~1-1", seq: 2 };
    expect(findRepeats(sortedOf([plainRow, shown]))).toBeUndefined();
    expect([...findRepeats(sortedOf([shown, { ...shown, seq: 3 }]))!]).toEqual([1, 0]);
    expect(findRepeats(sortedOf([]))).toBeUndefined();
  });

  test("refuses rows of two days", () => {
    const next = { ...plainRow, timeMs: plainRow.timeMs + DAY_MS, seq: 2 };
    expect(() => findRepeats(sortedOf([plainRow, next]))).toThrow(/one UTC day/);
  });
});
