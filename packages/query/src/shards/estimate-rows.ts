import { DAY_MS } from "@shale/model";
import type { Pin } from "@shale/scan";

/** Rows of a tail object or of a file in a page, where nothing nearer is known. */
const ROWS_UNKNOWN = 4_096;

/** About how many rows of the pin lie in [fromMs, toMs), from what the pin itself says. */
export function estimateRows(pin: Pin, fromMs: number, toMs: number): number {
  let rows = pin.tail.length * ROWS_UNKNOWN;
  for (const batch of pin.memory) rows += batch.rowCount;
  const isWanted = (firstDay: number, lastDay: number): boolean =>
    firstDay * DAY_MS < toMs && (lastDay + 1) * DAY_MS > fromMs;
  for (const { manifest } of pin.groups.values()) {
    if (manifest === undefined) continue;
    for (const { day, rows: own } of manifest.added) if (isWanted(day, day)) rows += own;
    for (const { firstDay, lastDay, entryCount } of manifest.pages) {
      if (isWanted(firstDay, lastDay)) rows += entryCount * ROWS_UNKNOWN;
    }
  }
  return rows;
}
