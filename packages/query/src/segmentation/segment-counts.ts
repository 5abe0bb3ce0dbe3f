import type { ScanBatch } from "@shale/scan";
import type { IntervalRuns } from "./interval-runs.ts";
import { SET_CELLS } from "./key-cells.ts";
import type { SlotTable, SlotTableOptions } from "./slot-table.ts";
import { createSlotTable } from "./slot-table.ts";
import { createSlotMarks } from "./user-marks.ts";

/** Which slot a segment is counted in: its own number, or one of a few that were chosen. */
export interface SlotPlan {
  slotOf(segment: number): number;
  /** The segments of a cell that is a set. */
  membersOf(cell: number): Uint32Array;
}

/** Numbers for each slot. Those of shards merge by addition. */
export interface SegmentCounts {
  readonly table: SlotTable;
  /** True when a row was in several segments at once. */
  readonly overlaps: boolean;
  add(batch: ScanBatch, runs: IntervalRuns, cells: Uint32Array): void;
}

export interface SegmentCountsOptions extends SlotTableOptions {
  readonly measure: "total" | "unique";
  readonly plan: SlotPlan;
}

export function createSegmentCounts(options: SegmentCountsOptions): SegmentCounts {
  const { measure, plan, budget } = options;
  const table = createSlotTable(options);
  const users = measure === "unique" ? createSlotMarks(budget) : undefined;
  const slotSets = new Map<number, Uint32Array>();

  /** Each once: a row with two segments in one slot is one row of it. */
  function slotsOf(cell: number): Uint32Array {
    let slots = slotSets.get(cell);
    if (slots === undefined) {
      slots = Uint32Array.from(new Set(Array.from(plan.membersOf(cell), plan.slotOf)));
      slotSets.set(cell, slots);
    }
    return slots;
  }
  function countRow(slot: number, user: number, interval: number): void {
    table.mark(slot);
    const mark = interval + 1;
    const before = users === undefined ? 0 : users.leave(user, slot, mark);
    if (before === mark) return;
    table.count(slot, interval);
    if (before === 0) table.countRange(slot);
  }
  return {
    table,
    get overlaps() {
      return slotSets.size > 0;
    },
    add(batch, { rows, first, starts }, cells) {
      const { userCodes } = batch;
      users?.begin(batch);
      for (let run = 0; run + 1 < starts.length; run++) {
        const end = starts[run + 1] ?? 0;
        for (let i = starts[run] ?? 0; i < end; i++) {
          const row = rows[i] ?? 0;
          const cell = cells[row] ?? 0;
          const user = userCodes[row] ?? 0;
          if (cell < SET_CELLS) countRow(plan.slotOf(cell), user, first + run);
          else for (const slot of slotsOf(cell)) countRow(slot, user, first + run);
        }
      }
      users?.settle();
    },
  };
}
