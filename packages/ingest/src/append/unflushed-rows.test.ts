import { InvariantError, writerOrdinal } from "@shale/model";
import { describe, expect, test } from "vitest";
import { batchOf, rowsOf } from "../ingest.test-support.ts";
import { reappendedBatchOf } from "../reappend.ts";
import { planTailObject } from "../tail/plan-tail-object.ts";
import { seqColumnOf } from "./seq-clock.ts";
import { createUnflushedRows } from "./unflushed-rows.ts";

const one = writerOrdinal(1);
const two = writerOrdinal(2);

function loggedOf(name: string, first: number, rowCount: number) {
  const batch = batchOf(name, rowCount, (row) => (row % 2 === 1 ? `id-${row}` : undefined));
  return { ...batch, writer: one, seqs: seqColumnOf(first, rowCount) };
}

describe("createUnflushedRows()", () => {
  test("keeps whole appends in seq order and gives back their bytes as they were counted", () => {
    const rows = createUnflushedRows();
    rows.add(loggedOf("a", 10, 3), 100);
    rows.add(loggedOf("b", 13, 2), 20);
    expect(rows).toMatchObject({ bytes: 120, rowCount: 5, firstSeq: 10, lastSeq: 14 });
    const taken = rows.batches();
    expect(rows.dropThrough(12)).toBe(100);
    expect(taken).toHaveLength(2); // A pin keeps what it took.
    expect(rows).toMatchObject({ bytes: 20, rowCount: 2, firstSeq: 13 });
    expect(rows.dropThrough(12)).toBe(0);
    expect(rows.dropThrough(99)).toBe(20);
    expect(rows).toMatchObject({ bytes: 0, rowCount: 0, firstSeq: undefined, lastSeq: undefined });
  });

  test("seqs that do not rise and an end inside an append are bugs (W1)", () => {
    const rows = createUnflushedRows();
    rows.add(loggedOf("a", 10, 3), 1);
    expect(() => rows.add(loggedOf("b", 12, 1), 1)).toThrow(InvariantError);
    expect(() => rows.dropThrough(11)).toThrow(InvariantError);
    expect(() => rows.replace([])).toThrow(InvariantError);
  });
});

describe("reappendedBatchOf()", () => {
  test("keeps seqs and insert ids, and stores the derived id of rows without one (W4)", () => {
    const moved = reappendedBatchOf(loggedOf("a", 10, 3), two);
    expect(rowsOf(moved)).toEqual([
      { writer: 2, seq: 10, name: "a.0", insertId: "~1-10" },
      { writer: 2, seq: 11, name: "a.1", insertId: "id-1" },
      { writer: 2, seq: 12, name: "a.2", insertId: "~1-12" },
    ]);
  });

  test("a second move keeps the ids of the first", () => {
    const once = reappendedBatchOf(loggedOf("a", 10, 3), two);
    const twice = reappendedBatchOf(once, writerOrdinal(3));
    expect(rowsOf(twice).map(({ insertId }) => insertId)).toEqual(["~1-10", "id-1", "~1-12"]);
    expect(rowsOf(twice).map(({ writer }) => writer)).toEqual([3, 3, 3]);
  });
});

describe("planTailObject()", () => {
  const batches = [loggedOf("a", 1, 2), loggedOf("b", 3, 2), loggedOf("c", 5, 2)];

  test("takes whole appends above the end, in order, until they are too many bytes", () => {
    expect(planTailObject(batches, { lastSeq: 0, bytesMax: 1e9 })).toEqual(batches);
    expect(planTailObject(batches, { lastSeq: 2, bytesMax: 1e9 })).toEqual(batches.slice(1));
    expect(planTailObject(batches, { lastSeq: 6, bytesMax: 1e9 })).toEqual([]);
    expect(planTailObject(batches, { lastSeq: 0, bytesMax: 1 })).toEqual(batches.slice(0, 1));
  });

  test("an end inside an append is a bug", () => {
    expect(() => planTailObject(batches, { lastSeq: 3, bytesMax: 1 })).toThrow(InvariantError);
  });
});
