import type { MemoryBudget } from "../segmentation/memory-budget.ts";

/** Users by slot and cohort, and how many of them each bracket has. */
export interface RetentionCounts {
  /** The cell of each slot. */
  readonly cells: readonly number[];
  /** By slot, cohort and bracket; behind the brackets of a cohort its size. */
  readonly numbers: Uint32Array;
  /** The slot of a cell of the breakdown, made when it is new. @throws {ShaleError} MEMORY_EXCEEDED */
  slotOf(cell: number): number;
  addUser(slot: number, cohort: number): void;
  addReturned(slot: number, cohort: number, bracket: number): void;
}

export interface RetentionCountsOptions {
  readonly cohortCount: number;
  readonly bracketCount: number;
  readonly budget: MemoryBudget;
}

const SLOT_BYTES = 100; // What the maps take for each, roughly.

export function createRetentionCounts(options: RetentionCountsOptions): RetentionCounts {
  const { cohortCount, bracketCount, budget } = options;
  const holder = {};
  const cells: number[] = [];
  const slots = new Map<number, number>();
  const stride = bracketCount + 1;
  const slotLength = cohortCount * stride;
  let table = new Uint32Array(0);

  function addSlot(cell: number): number {
    const slot = cells.push(cell) - 1;
    slots.set(cell, slot);
    const wanted = cells.length * slotLength;
    const length = wanted <= table.length ? table.length : Math.max(wanted, 2 * table.length);
    budget.hold(holder, 4 * length + SLOT_BYTES * cells.length);
    if (length > table.length) {
      const grown = new Uint32Array(length);
      grown.set(table);
      table = grown;
    }
    return slot;
  }
  function placeOf(slot: number, cohort: number): number {
    return slot * slotLength + cohort * stride;
  }
  return {
    cells,
    get numbers() {
      return table.subarray(0, cells.length * slotLength);
    },
    slotOf: (cell) => slots.get(cell) ?? addSlot(cell),
    addUser(slot, cohort) {
      const place = placeOf(slot, cohort) + bracketCount;
      table[place] = (table[place] ?? 0) + 1;
    },
    addReturned(slot, cohort, bracket) {
      const place = placeOf(slot, cohort) + bracket;
      table[place] = (table[place] ?? 0) + 1;
    },
  };
}
