import type { MemoryBudget } from "./memory-budget.ts";

/** Numbers by slot, and by slot and interval. */
export interface SlotTable {
  /** One above the highest slot that was marked. */
  readonly slotCount: number;
  /** Notes that the slot has a selected row. */
  mark(slot: number): void;
  isPresent(slot: number): boolean;
  count(slot: number, interval: number): void;
  countRange(slot: number): void;
  rangeOf(slot: number): number;
  /** undefined once there were too many slots to keep a number for each interval. */
  valuesOf(slot: number): Float64Array | undefined;
}

/** Numbers by interval kept while slots are still being found: 16 MB. */
const VALUE_COUNT_MAX = 2 ** 21;

export interface SlotTableOptions {
  readonly intervalCount: number;
  /** Keep every number, whatever it takes: these slots are those of the answer. */
  readonly keepsAll: boolean;
  readonly budget: MemoryBudget;
}

export function createSlotTable({ intervalCount, keepsAll, budget }: SlotTableOptions): SlotTable {
  const holder = {};
  let capacity = 0;
  let slotCount = 0;
  let present = new Uint8Array(0);
  let range = new Float64Array(0);
  let values: Float64Array<ArrayBuffer> | undefined = new Float64Array(0);

  function grow(slot: number): void {
    capacity = Math.max(slot + 1, 2 * capacity, 16);
    const valueCount = capacity * intervalCount;
    if (values !== undefined && !keepsAll && valueCount > VALUE_COUNT_MAX) values = undefined;
    budget.hold(holder, 9 * capacity + (values === undefined ? 0 : 8 * valueCount));
    const grownPresent = new Uint8Array(capacity);
    grownPresent.set(present);
    present = grownPresent;
    range = grownF64(range, capacity);
    if (values !== undefined) values = grownF64(values, valueCount);
  }
  return {
    get slotCount() {
      return slotCount;
    },
    mark(slot) {
      if (slot >= slotCount) {
        if (slot >= capacity) grow(slot);
        slotCount = slot + 1;
      }
      present[slot] = 1;
    },
    isPresent: (slot) => present[slot] === 1,
    count(slot, interval) {
      if (values === undefined) return;
      const at = slot * intervalCount + interval;
      values[at] = (values[at] ?? 0) + 1;
    },
    countRange(slot) {
      range[slot] = (range[slot] ?? 0) + 1;
    },
    rangeOf: (slot) => range[slot] ?? 0,
    valuesOf: (slot) => values?.slice(slot * intervalCount, (slot + 1) * intervalCount),
  };
}

function grownF64(source: Float64Array, length: number): Float64Array<ArrayBuffer> {
  const target = new Float64Array(length);
  target.set(source);
  return target;
}
