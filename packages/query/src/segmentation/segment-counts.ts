import type { ScanBatch } from "@shale/scan";
import type { IntervalRuns } from "./interval-runs.ts";
import { SET_CELLS } from "./key-cells.ts";
import type { SlotTable, SlotTableOptions } from "./slot-table.ts";
import { createSlotTable } from "./slot-table.ts";
import type { SlotMarks } from "./user-marks.ts";
import { createSlotMarks } from "./user-marks.ts";

/** Which slot a segment is counted in: its own number, or one of a few that were chosen. */
export interface SlotPlan {
  /** Upper bound of the slots that rows seen so far can have. */
  slotCount(): number;
  /** By segment; undefined: each segment is a slot of its own. */
  readonly slots: Uint32Array | undefined;
  /** The segments of a cell that is a set. */
  membersOf(cell: number): Uint32Array;
}

/** Numbers for each slot. Those of shards merge by addition. */
export interface SegmentCounts {
  readonly table: SlotTable;
  readonly intervalCount: number;
  /** True when a row was in several segments at once. */
  readonly overlaps: boolean;
  add(batch: ScanBatch, runs: IntervalRuns, cells: Uint32Array): void;
}

export interface SegmentCountsOptions extends SlotTableOptions {
  readonly measure: "total" | "unique";
  readonly plan: SlotPlan;
}

/** Rows of a batch and the slots that each is in. */
interface SlottedRows {
  readonly batch: ScanBatch;
  readonly runs: IntervalRuns;
  readonly cells: Uint32Array;
  readonly slots: Uint32Array | undefined;
  /** The slots of a cell that is a set, each once. */
  slotsOf(cell: number): Uint32Array;
}

export function createSegmentCounts(options: SegmentCountsOptions): SegmentCounts {
  const { measure, plan, budget, intervalCount } = options;
  const table = createSlotTable(options);
  const users = measure === "unique" ? createSlotMarks(budget) : undefined;
  const slotSets = new Map<number, Uint32Array>();

  /** Each once: a row with two segments in one slot is one row of it. */
  function slotsOf(cell: number): Uint32Array {
    let slots = slotSets.get(cell);
    if (slots === undefined) {
      const own = Array.from(plan.membersOf(cell), (segment) => plan.slots?.[segment] ?? segment);
      slots = Uint32Array.from(new Set(own));
      slotSets.set(cell, slots);
    }
    return slots;
  }
  return {
    table,
    intervalCount,
    get overlaps() {
      return slotSets.size > 0;
    },
    add(batch, runs, cells) {
      table.reserve(plan.slotCount());
      const rows = { batch, runs, cells, slots: plan.slots, slotsOf };
      if (users === undefined) countTotals(rows, table, intervalCount);
      else countUniques(rows, { table, users, intervalCount });
    },
  };
}

function countTotals(rows: SlottedRows, table: SlotTable, intervalCount: number): void {
  const { cells, slots, slotsOf, runs } = rows;
  const { present, range, values } = table;
  function count(slot: number, interval: number): void {
    present[slot] = 1;
    range[slot] = (range[slot] ?? 0) + 1;
    if (values === undefined) return;
    const at = slot * intervalCount + interval;
    values[at] = (values[at] ?? 0) + 1;
  }
  for (let run = 0; run + 1 < runs.starts.length; run++) {
    const end = runs.starts[run + 1] ?? 0;
    const interval = runs.first + run;
    for (let i = runs.starts[run] ?? 0; i < end; i++) {
      const cell = cells[runs.rows[i] ?? 0] ?? 0;
      if (cell < SET_CELLS) count(slots === undefined ? cell : (slots[cell] ?? 0), interval);
      else for (const slot of slotsOf(cell)) count(slot, interval);
    }
  }
}

interface UniqueCounting {
  readonly table: SlotTable;
  readonly users: SlotMarks;
  readonly intervalCount: number;
}

/** As for users overall: it is enough to remember the interval that a user was seen in last. */
function countUniques(rows: SlottedRows, { table, users, intervalCount }: UniqueCounting): void {
  const { batch, cells, slots, slotsOf, runs } = rows;
  const { present, range, values } = table;
  const { nobody, dense, leave } = users.begin(batch, table.slotCount);
  const { marks, stride } = dense ?? { marks: new Uint32Array(0), stride: 0 };
  function markOf(user: number, slot: number, mark: number): number {
    if (stride === 0) return leave(user, slot, mark);
    const place = slot * stride + user;
    const before = marks[place] ?? 0;
    marks[place] = mark;
    return before;
  }
  function count(slot: number, user: number, interval: number): void {
    present[slot] = 1;
    if (user === nobody) return;
    const before = markOf(user, slot, interval + 1);
    if (before === interval + 1) return;
    if (before === 0) range[slot] = (range[slot] ?? 0) + 1;
    if (values === undefined) return;
    const at = slot * intervalCount + interval;
    values[at] = (values[at] ?? 0) + 1;
  }
  for (let run = 0; run + 1 < runs.starts.length; run++) {
    const end = runs.starts[run + 1] ?? 0;
    const interval = runs.first + run;
    for (let i = runs.starts[run] ?? 0; i < end; i++) {
      const row = runs.rows[i] ?? 0;
      const cell = cells[row] ?? 0;
      const user = batch.userCodes[row] ?? 0;
      if (cell < SET_CELLS) count(slots === undefined ? cell : (slots[cell] ?? 0), user, interval);
      else for (const slot of slotsOf(cell)) count(slot, user, interval);
    }
  }
}
