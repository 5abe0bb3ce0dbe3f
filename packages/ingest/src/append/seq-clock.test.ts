import { SEQ_EPOCH_MS, seqFloorOf } from "@shale/model";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createSeqClock, seqColumnOf } from "./seq-clock.ts";

const nowMs = SEQ_EPOCH_MS + 1_000_000;

describe("createSeqClock()", () => {
  test("starts at the floor of the clock and stays dense within an append", () => {
    const seqs = createSeqClock();
    expect(seqs.next(3, nowMs)).toBe(seqFloorOf(nowMs));
    expect(seqs.last).toBe(seqFloorOf(nowMs) + 2);
    expect(seqs.next(1, nowMs)).toBe(seqFloorOf(nowMs) + 3);
  });

  test("a clock before 2020 and a clock that steps back still give rising seqs", () => {
    const seqs = createSeqClock();
    expect(seqs.next(1, 0)).toBe(1);
    const first = seqs.next(1, nowMs);
    expect(seqs.next(1, nowMs - 500_000)).toBe(first + 1);
  });

  test("never gives a seq twice, nor one at or below what it was told of", () => {
    const step = fc.oneof(
      fc.record({
        rowCount: fc.integer({ min: 1, max: 5000 }),
        atMs: fc.integer({ min: 0, max: 1e7 }),
      }),
      fc.record({ seen: fc.integer({ min: 0, max: 1e12 }) }),
    );
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const seqs = createSeqClock();
        let greatest = 0;
        for (const one of steps) {
          if ("seen" in one) {
            seqs.raise(one.seen);
            greatest = Math.max(greatest, one.seen);
          } else {
            const first = seqs.next(one.rowCount, SEQ_EPOCH_MS + one.atMs);
            expect(first).toBeGreaterThan(greatest);
            greatest = first + one.rowCount - 1;
          }
          expect(seqs.last).toBe(greatest);
        }
      }),
    );
  });
});

test("seqColumnOf() counts up from the first seq", () => {
  expect([...seqColumnOf(7, 3)]).toEqual([7, 8, 9]);
});
