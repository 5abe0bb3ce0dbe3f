import type { ScanBatch } from "@shale/scan";
import type { IntervalRuns } from "../interval-runs.ts";
import { SET_CELLS } from "../key-cells.ts";
import type { SlotPlan } from "./slot-plan.ts";

/** Rows of a batch and the slots that each is in. */
export interface SlottedRows {
  readonly batch: ScanBatch;
  readonly runs: IntervalRuns;
  /** By row, the segments as `SegmentSpace` numbers them; undefined: every row is in slot 0. */
  readonly cells: Uint32Array | undefined;
  /** By segment; undefined: each segment is a slot of its own. */
  readonly slots: Uint32Array | undefined;
  /** The slots of a cell that is a set, each once. */
  slotsOf(cell: number): Uint32Array;
}

/** The slots of cells that are sets: a row with two segments in one slot is one row of it. */
export function createSlotSets(plan: SlotPlan): {
  readonly isEmpty: boolean;
  of(cell: number): Uint32Array;
} {
  const sets = new Map<number, Uint32Array>();
  return {
    get isEmpty() {
      return sets.size === 0;
    },
    of(cell) {
      let slots = sets.get(cell);
      if (slots === undefined) {
        const slotOf = plan.slots();
        const own = Array.from(plan.membersOf(cell), (segment) => slotOf?.[segment] ?? segment);
        slots = Uint32Array.from(new Set(own));
        sets.set(cell, slots);
      }
      return slots;
    },
  };
}

/** Calls `visit` for each row and slot, interval after interval. */
export function eachPlace(
  { runs, cells, slots, slotsOf }: SlottedRows,
  visit: (row: number, slot: number, interval: number) => void,
): void {
  for (let run = 0; run + 1 < runs.starts.length; run++) {
    const end = runs.starts[run + 1] ?? 0;
    const interval = runs.first + run;
    for (let i = runs.starts[run] ?? 0; i < end; i++) {
      const row = runs.rows[i] ?? 0;
      const cell = cells === undefined ? 0 : (cells[row] ?? 0);
      if (cell >= SET_CELLS) for (const slot of slotsOf(cell)) visit(row, slot, interval);
      else visit(row, slots === undefined ? cell : (slots[cell] ?? 0), interval);
    }
  }
}
