import type { ScanBatch } from "@shale/scan";
import type { CellTable } from "../cells/cell-table.ts";
import type { IntervalRuns } from "../interval-runs.ts";
import type { CellsPart } from "../segmentation-part.ts";
import type { SlotPlan } from "./slot-plan.ts";
import { createSlotSets, type SlottedRows } from "./slotted-rows.ts";

/** Counts one series in one pass over the rows, by slot and interval. */
export interface Counter {
  /** `cells`: by row, the segments; undefined for a counter of everything. */
  add(batch: ScanBatch, runs: IntervalRuns, cells: Uint32Array | undefined): void;
  /** Adds what is counted elsewhere to slot 0: rows, or users that are in no batch. */
  addCount(interval: number, count: number): void;
  part(): CellsPart;
}

export interface CounterParts {
  readonly plan: SlotPlan;
  readonly table: CellTable;
  /** Adds rows; the table has room for their slots. */
  count(rows: SlottedRows): void;
  addCount?(interval: number, count: number): void;
  /** Ends what is open, before the numbers are read. */
  finish?(): void;
}

export function createCounter({ plan, table, count, addCount, finish }: CounterParts): Counter {
  const sets = createSlotSets(plan);
  return {
    add(batch, runs, cells) {
      table.reserve(plan.slotCount());
      const slots = cells === undefined ? undefined : plan.slots();
      count({ batch, runs, cells, slots, slotsOf: sets.of });
    },
    addCount(interval, added) {
      table.reserve(1);
      addCount?.(interval, added);
    },
    part() {
      finish?.();
      table.reserve(plan.slotCount());
      return { ...table.part(plan.slotCount()), overlaps: !sets.isEmpty };
    },
  };
}
