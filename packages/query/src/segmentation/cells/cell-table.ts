import type { MemoryBudget } from "../memory-budget.ts";
import type { CellsPart } from "../segmentation-part.ts";
import type { CellAggregate, CellMap } from "./cell-aggregate.ts";

/**
 * Where the numbers of a slot stand. With several intervals a slot has one cell for each and one
 * more, the last, for the whole range; with one interval, or once there were too many slots for
 * every interval, a slot has only the cell of the range.
 */
export interface CellTable {
  /** Slots that there is room for: those below may have rows. */
  readonly slotCount: number;
  /** Cells of a slot: intervals + 1, or 1. */
  readonly stride: number;
  /** 1 for slots that have a counted event, whatever their measure says. */
  readonly present: Uint8Array;
  /** Makes room; `stride` and `present` may be others afterwards. @throws {ShaleError} MEMORY_EXCEEDED */
  reserve(slotCount: number): void;
  part(slotCount: number): Omit<CellsPart, "overlaps">;
}

/** Cells kept while slots are still being found: 32 MB of counts. */
export const CELL_COUNT_MAX = 2 ** 22;

export function strideOf(intervalCount: number): number {
  return intervalCount === 1 ? 1 : intervalCount + 1;
}

export interface CellTableOptions {
  readonly intervalCount: number;
  /** Keep every interval, whatever it takes: these slots are those of the answer. */
  readonly keepsAll: boolean;
  /** True: the number of the range follows from those of the intervals, its cell is left empty. */
  readonly addsUp: boolean;
  readonly budget: MemoryBudget;
  readonly aggregate: CellAggregate;
  /** Told when intervals are given up, before the aggregate moves its cells. */
  readonly onMove?: ((targetOf: CellMap) => void) | undefined;
}

export function createCellTable(options: CellTableOptions): CellTable {
  const { intervalCount, keepsAll, addsUp, budget, aggregate, onMove } = options;
  const holder = {};
  let present = new Uint8Array(0);
  let stride = strideOf(intervalCount);
  return {
    get slotCount() {
      return present.length;
    },
    get stride() {
      return stride;
    },
    get present() {
      return present;
    },
    reserve(slotCount) {
      if (slotCount <= present.length) return;
      const capacity = Math.max(slotCount, 2 * present.length);
      if (stride > 1 && !keepsAll && capacity * stride > CELL_COUNT_MAX) {
        const targetOf = rangeMapOf(stride, addsUp);
        onMove?.(targetOf);
        aggregate.move(targetOf, capacity);
        stride = 1;
      }
      budget.hold(holder, capacity);
      aggregate.reserve(capacity * stride);
      const grown = new Uint8Array(capacity);
      grown.set(present);
      present = grown;
    },
    part: (slotCount) => ({
      slotCount,
      stride,
      present: present.slice(0, slotCount),
      state: aggregate.part(slotCount * stride),
    }),
  };
}

/** From cells of intervals and range to those of ranges alone. */
export function rangeMapOf(stride: number, addsUp: boolean): CellMap {
  if (stride === 1) return (cell) => cell;
  if (addsUp) return (cell) => Math.floor(cell / stride);
  return (cell) => (cell % stride === stride - 1 ? Math.floor(cell / stride) : -1);
}
