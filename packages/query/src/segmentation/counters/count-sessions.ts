import type { ScanBatch } from "@shale/scan";
import type { RowSessions } from "../../sessions/track-sessions.ts";
import type { CellTable } from "../cells/cell-table.ts";
import type { CountCells } from "../cells/count-cells.ts";
import type { SlotMarks } from "../user-marks.ts";
import type { SlottedRows } from "./slotted-rows.ts";
import { eachPlace } from "./slotted-rows.ts";

export interface SessionCounting {
  readonly table: CellTable;
  readonly aggregate: CountCells;
  readonly users: SlotMarks;
  readonly sessionsOf: (batch: ScanBatch) => RowSessions;
}

/** Sessions that have one of the rows, by the interval that they began in. */
export function countSessions(
  rows: SlottedRows,
  { table, aggregate, users, sessionsOf }: SessionCounting,
): void {
  const { batch } = rows;
  const { present, stride } = table;
  const { counts } = aggregate;
  const { serials, places } = sessionsOf(batch);
  const { leave } = users.begin(batch, table.slotCount);
  eachPlace(rows, (row, slot) => {
    const serial = serials[row] ?? 0;
    const place = places[row] ?? -1;
    if (serial === 0 || place < 0) return;
    present[slot] = 1;
    // The sessions of a user come one after the other.
    if (leave(batch.userCodes[row] ?? 0, slot, serial) === serial) return;
    const at = slot * stride + (stride === 1 ? 0 : place);
    counts[at] = (counts[at] ?? 0) + 1;
  });
}
