import type { ScanStats } from "@shale/scan";
import { createScanStats } from "@shale/scan";

/** What a query cost. */
export interface QueryStats extends ScanStats {
  /** Times that shards were asked again because their executor failed. */
  retries: number;
  /** Rows whose value did not fit a numeric measure. */
  skipped: number;
}

export function createQueryStats(): QueryStats {
  return { ...createScanStats(), retries: 0, skipped: 0 };
}

/** Of tasks over disjoint shards of one pin: day files are read by one of them, the tail by all. */
export function joinStats(all: readonly ScanStats[]): ScanStats {
  const joined = createScanStats();
  let filesRead = 0;
  for (const stats of all) {
    joined.filesPlanned = stats.filesPlanned;
    joined.tailRead = Math.max(joined.tailRead, stats.tailRead);
    filesRead += stats.filesPlanned - stats.filesPruned - stats.tailRead;
    joined.filesFromFooter += stats.filesFromFooter;
    joined.minTimeMs = leastOf(joined.minTimeMs, stats.minTimeMs);
    joined.maxTimeMs = greatestOf(joined.maxTimeMs, stats.maxTimeMs);
    addReading(joined, stats);
  }
  joined.filesPruned = joined.filesPlanned - filesRead - joined.tailRead;
  return joined;
}

/** Adds a pass over the rows. Objects count once, however often the rows are passed over. */
export function addStats(total: ScanStats, pass: ScanStats, passCount: number): void {
  if (passCount === 1) {
    total.filesPlanned = pass.filesPlanned;
    total.filesPruned = pass.filesPruned;
    total.tailRead = pass.tailRead;
    total.filesFromFooter = pass.filesFromFooter;
    total.minTimeMs = pass.minTimeMs;
    total.maxTimeMs = pass.maxTimeMs;
  }
  addReading(total, pass);
}

function addReading(total: ScanStats, { rowsScanned, rowsPlanned, bytesRead }: ScanStats): void {
  total.rowsScanned += rowsScanned;
  total.rowsPlanned += rowsPlanned;
  total.bytesRead.memory += bytesRead.memory;
  total.bytesRead.disk += bytesRead.disk;
  total.bytesRead.store += bytesRead.store;
}

function leastOf(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}

function greatestOf(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b);
}
