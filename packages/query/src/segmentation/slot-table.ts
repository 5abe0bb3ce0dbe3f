import type { MemoryBudget } from "./memory-budget.ts";

/** Numbers by slot, and by slot and interval, in arrays for the counting loops. */
export interface SlotTable {
  /** Slots that there is room for: those below may have rows. */
  readonly slotCount: number;
  /** Makes room. The arrays below are other ones afterwards. @throws {ShaleError} MEMORY_EXCEEDED */
  reserve(slotCount: number): void;
  /** 1 for slots that have a selected row, whatever their measure says. */
  readonly present: Uint8Array;
  readonly range: Float64Array;
  /** values[slot * intervalCount + interval]; undefined once there were too many slots for it. */
  readonly values: Float64Array | undefined;
}

/** Numbers by interval kept while slots are still being found: 32 MB. */
const VALUE_COUNT_MAX = 2 ** 22;

export interface SlotTableOptions {
  readonly intervalCount: number;
  /** Keep every number, whatever it takes: these slots are those of the answer. */
  readonly keepsAll: boolean;
  readonly budget: MemoryBudget;
}

export function createSlotTable({ intervalCount, keepsAll, budget }: SlotTableOptions): SlotTable {
  const holder = {};
  let present = new Uint8Array(0);
  let range = new Float64Array(0);
  let values: Float64Array<ArrayBuffer> | undefined = new Float64Array(0);
  return {
    get slotCount() {
      return present.length;
    },
    get present() {
      return present;
    },
    get range() {
      return range;
    },
    get values() {
      return values;
    },
    reserve(slotCount) {
      if (slotCount <= present.length) return;
      const capacity = Math.max(slotCount, 2 * present.length);
      const valueCount = capacity * intervalCount;
      if (!keepsAll && valueCount > VALUE_COUNT_MAX) values = undefined;
      budget.hold(holder, 9 * capacity + (values === undefined ? 0 : 8 * valueCount));
      const grownPresent = new Uint8Array(capacity);
      grownPresent.set(present);
      present = grownPresent;
      range = grown(range, capacity);
      if (values !== undefined) values = grown(values, valueCount);
    },
  };
}

function grown(source: Float64Array, length: number): Float64Array<ArrayBuffer> {
  const target = new Float64Array(length);
  target.set(source);
  return target;
}
