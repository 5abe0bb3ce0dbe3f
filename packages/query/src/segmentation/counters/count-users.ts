import type { CellTable } from "../cells/cell-table.ts";
import type { CountCells } from "../cells/count-cells.ts";
import { SET_CELLS } from "../key-cells.ts";
import type { SlotMarks } from "../user-marks.ts";
import type { SlottedRows } from "./slotted-rows.ts";

/** Which numbers of a slot a user changes. */
export interface UserRule {
  /** False for a place that counts for nothing. */
  isCounted(place: number): boolean;
  /**
   * The user is in `place`, and was last in `before` (-1: in none). Writes into the cells of a slot
   * from `at` on; `stride` as in `CellTable`.
   */
  enter(counts: Float64Array, cells: CellsOfSlot, place: number, before: number): void;
}
export interface CellsOfSlot {
  readonly stride: number;
  at: number;
}

/**
 * Distinct users. Batches come shard by shard and their places (intervals, or days) in order, so it
 * is enough to remember of a user the place seen last.
 */
export function countUsers(
  rows: SlottedRows,
  { table, aggregate, users, rule }: UserCounting,
): void {
  const { batch, cells, slots, slotsOf, runs } = rows;
  const { present, stride } = table;
  const { counts } = aggregate;
  const { nobody, dense, leave } = users.begin(batch, table.slotCount);
  const { marks, stride: width } = dense ?? { marks: new Uint32Array(0), stride: 0 };
  const target = { stride, at: 0 };
  function count(slot: number, user: number, place: number): void {
    present[slot] = 1;
    if (user === nobody) return;
    let before: number;
    if (width === 0) before = leave(user, slot, place + 1);
    else {
      const at = slot * width + user;
      before = marks[at] ?? 0;
      marks[at] = place + 1;
    }
    if (before === place + 1) return;
    target.at = slot * stride;
    rule.enter(counts, target, place, before - 1);
  }
  for (let run = 0; run + 1 < runs.starts.length; run++) {
    const place = runs.first + run;
    if (!rule.isCounted(place)) continue;
    const end = runs.starts[run + 1] ?? 0;
    for (let i = runs.starts[run] ?? 0; i < end; i++) {
      const row = runs.rows[i] ?? 0;
      const user = batch.userCodes[row] ?? 0;
      const cell = cells === undefined ? 0 : (cells[row] ?? 0);
      if (cell < SET_CELLS) count(slots === undefined ? cell : (slots[cell] ?? 0), user, place);
      else for (const slot of slotsOf(cell)) count(slot, user, place);
    }
  }
}

export interface UserCounting {
  readonly table: CellTable;
  readonly aggregate: CountCells;
  readonly users: SlotMarks;
  readonly rule: UserRule;
}

/** Users of each interval, and of the range. */
export const uniqueRule: UserRule = {
  isCounted: () => true,
  enter(counts, { stride, at }, place, before) {
    const range = at + stride - 1;
    if (before < 0) counts[range] = (counts[range] ?? 0) + 1;
    if (stride > 1) counts[at + place] = (counts[at + place] ?? 0) + 1;
  },
};

/** Users by the interval that they are first seen in: those up to an interval are a running sum. */
export const firstSeenRule: UserRule = {
  isCounted: () => true,
  enter(counts, cells, place, before) {
    if (before < 0) uniqueRule.enter(counts, cells, place, before);
  },
};
