import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arbitraryBatch } from "../../test/arbitrary-batch.ts";
import { batchBytes } from "../batch-bytes.ts";
import { eventAt } from "../event-at.ts";
import { storedBatchOf } from "./stored-batch-of.ts";

describe("storedBatchOf()", () => {
  test("names writer and generation of every row, and shares the arrays", () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 4 });
    fc.assert(
      fc.property(arbitraryBatch(), cuts, ({ rows, batch }, all) => {
        const generationOf = (seq: number) => all.filter((cut) => cut < seq).length;
        const stored = storedBatchOf(batch, generationOf);
        expect(rows.map((_row, index) => eventAt(stored, index))).toEqual(rows);
        expect([...stored.generations]).toEqual(Array.from(batch.seqs, generationOf));
        expect([...stored.writers]).toEqual(rows.map(() => 3));
        expect(stored.seqs).toBe(batch.seqs);
        expect(stored.properties).toBe(batch.properties);
        expect("writer" in stored).toBe(false);
        expect(batchBytes(stored) - batchBytes(batch)).toBe(12 * rows.length);
      }),
    );
  });
});
