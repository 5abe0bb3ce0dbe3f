import type { CellTable } from "../cells/cell-table.ts";
import type { CountCells } from "../cells/count-cells.ts";
import { SET_CELLS } from "../key-cells.ts";
import type { SlottedRows } from "./slotted-rows.ts";

/** Events by interval; the range is their sum. */
export function countEvents(rows: SlottedRows, table: CellTable, { counts }: CountCells): void {
  const { cells, slots, slotsOf, runs } = rows;
  const { present, stride } = table;
  if (cells === undefined) {
    countWhole(rows, table, counts);
    return;
  }
  for (let run = 0; run + 1 < runs.starts.length; run++) {
    const end = runs.starts[run + 1] ?? 0;
    const place = stride === 1 ? 0 : runs.first + run;
    for (let i = runs.starts[run] ?? 0; i < end; i++) {
      const cell = cells[runs.rows[i] ?? 0] ?? 0;
      if (cell < SET_CELLS) {
        const slot = slots === undefined ? cell : (slots[cell] ?? 0);
        const at = slot * stride + place;
        counts[at] = (counts[at] ?? 0) + 1;
        present[slot] = 1;
        continue;
      }
      for (const slot of slotsOf(cell)) {
        const at = slot * stride + place;
        counts[at] = (counts[at] ?? 0) + 1;
        present[slot] = 1;
      }
    }
  }
}

/** Without segments the rows need not be looked at. */
function countWhole({ runs }: SlottedRows, table: CellTable, counts: Float64Array): void {
  for (let run = 0; run + 1 < runs.starts.length; run++) {
    const at = table.stride === 1 ? 0 : runs.first + run;
    counts[at] = (counts[at] ?? 0) + (runs.starts[run + 1] ?? 0) - (runs.starts[run] ?? 0);
  }
}
