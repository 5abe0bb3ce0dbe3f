import type { ScanBatch } from "@shale/scan";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createMemoryBudget } from "./memory-budget.ts";
import { createPairTable } from "./pair-table.ts";
import { createSlotMarks } from "./user-marks.ts";

/** A batch as far as marks look at it. */
function batchWith(users: object): ScanBatch {
  return { users } as unknown as ScanBatch;
}
function usersOf(count: number, nobody = -1): { count: number; codeOf(): number } {
  return { count, codeOf: () => nobody };
}

describe("createSlotMarks()", () => {
  it("keeps its marks when users and slots grow, also beyond one number for each", () => {
    const step = fc.record({
      users: fc.nat(3000),
      slots: fc.nat(3000),
      leaves: fc.array(fc.tuple(fc.double(), fc.double(), fc.integer({ min: 1, max: 9 }))),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 6 }), (steps) => {
        const marks = createSlotMarks(createMemoryBudget(1e9));
        const plain = new Map<string, number>();
        const table = usersOf(1);
        let slots = 1;
        for (const more of steps) {
          table.count += more.users;
          slots += more.slots;
          const { dense, leave } = marks.begin(batchWith(table), slots);
          expect(dense === undefined || dense.stride * slots <= 2 ** 22).toBe(true);
          for (const [a, b, mark] of more.leaves) {
            const user = Math.floor(Math.abs(a % 1 || 0) * table.count);
            const slot = Math.floor(Math.abs(b % 1 || 0) * slots);
            const key = `${user} ${slot}`;
            if (dense !== undefined) {
              expect(dense.marks[slot * dense.stride + user]).toBe(plain.get(key) ?? 0);
            }
            expect(leave(user, slot, mark)).toBe(plain.get(key) ?? 0);
            plain.set(key, mark);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it("begins anew with each shard, and tells who is nobody there", () => {
    const marks = createSlotMarks(createMemoryBudget(1e9));
    const first = marks.begin(batchWith(usersOf(3)), 2);
    expect([first.nobody, first.leave(1, 1, 5), first.leave(1, 1, 6)]).toEqual([-1, 0, 5]);
    const second = marks.begin(batchWith(usersOf(3, 2)), 2);
    expect([second.nobody, second.leave(1, 1, 7)]).toEqual([2, 0]);
  });

  it("refuses to take more than the budget", () => {
    const marks = createSlotMarks(createMemoryBudget(1000));
    expect(() => marks.begin(batchWith(usersOf(100)), 100)).toThrow(
      expect.objectContaining({ code: "MEMORY_EXCEEDED" }),
    );
  });
});

describe("createPairTable()", () => {
  it("numbers pairs by their first appearance", () => {
    const code = fc.oneof(fc.nat(5), fc.constantFrom(0xffff_ffff, 0x8000_0000), fc.nat(2 ** 31));
    fc.assert(
      fc.property(fc.array(fc.tuple(code, code), { maxLength: 400 }), (pairs) => {
        const table = createPairTable();
        const plain = new Map<string, number>();
        for (const [first, second] of pairs) {
          const key = `${first} ${second}`;
          if (!plain.has(key)) plain.set(key, plain.size);
          const index = table.indexOf(first, second);
          expect(index).toBe(plain.get(key));
          expect([table.firstOf(index), table.secondOf(index)]).toEqual([first, second]);
        }
        expect(table.count).toBe(plain.size);
      }),
    );
  });
});
