import { createBatchBuilder, type EventBatch } from "@shale/columns";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hasher } from "../test/reading.ts";
import { createDuplicateCounter } from "./duplicate-counter.ts";

const DAY_MS = 86_400_000;
type Row = readonly [user: string, event: string, timeMs: number, insertId: string | undefined];

function batchOf(rows: readonly Row[]): EventBatch {
  const builder = createBatchBuilder(hasher);
  for (const row of rows) builder.startRow(...row);
  return builder.build();
}

describe("createDuplicateCounter()", () => {
  test("counts as a set of whole keys does, over any batches", () => {
    const anyRow: fc.Arbitrary<Row> = fc.tuple(
      fc.constantFrom("", "a", "b", "ab"),
      fc.constantFrom("a", "b", "ba"),
      fc.integer({ min: 0, max: 3 * DAY_MS }),
      fc.option(fc.constantFrom("", "a", "b", "ab", "abc"), { nil: undefined }),
    );
    fc.assert(
      fc.property(fc.array(fc.array(anyRow, { maxLength: 30 }), { maxLength: 6 }), (batches) => {
        const counter = createDuplicateCounter();
        const seen = new Set<string>();
        for (const rows of batches) {
          let wanted = 0;
          for (const [user, event, timeMs, insertId] of rows) {
            if (insertId === undefined) continue;
            const key = JSON.stringify([user, event, Math.floor(timeMs / DAY_MS), insertId]);
            if (seen.has(key)) wanted++;
            seen.add(key);
          }
          expect(counter.count(batchOf(rows))).toBe(wanted);
        }
      }),
    );
  });

  test("tells 100,000 keys apart that differ in little, and knows them again", () => {
    const counter = createDuplicateCounter();
    const rows = Array.from({ length: 100_000 }, (_, index): Row => {
      const name = `${(index % 50).toString(36)}`;
      return [`user-${index % 1000}`, `event-${name}`, (index % 3) * DAY_MS, `id-${index}`];
    });
    const batch = batchOf(rows);
    expect(counter.count(batch)).toBe(0);
    expect(counter.count(batch)).toBe(rows.length);
  });

  test("tells short ids apart that are close in every byte", () => {
    const rows: Row[] = [];
    for (let high = 0; high < 128; high++) {
      for (let low = 0; low < 128; low++) {
        rows.push(["u", "e", 0, String.fromCharCode(high, low)]);
        rows.push(["u", "e", 0, `${String.fromCharCode(low)}........${String.fromCharCode(high)}`]);
      }
    }
    expect(createDuplicateCounter().count(batchOf(rows))).toBe(0);
  });
});
