import type { Env } from "@shale/env";
import type { Pin, ScanBatch, ScanOptions, ScanStats, TailCache } from "@shale/scan";
import { createScanStats, scanShards } from "@shale/scan";
import type { CohortMembers } from "./cohort/cohort-members.ts";
import { noCohorts } from "./cohort/cohort-members.ts";
import type { OnProgress } from "./progress.ts";
import { createProgressReporter } from "./progress.ts";
import type { QueryGuard } from "./query-guard.ts";

/** One query while it runs: where it reads, what it may take, what it cost so far. */
export interface QueryRun {
  readonly env: Env;
  readonly pin: Pin;
  readonly memoryBytesMax: number;
  readonly stats: ScanStats;
  /** The users of the cohorts that the query's filters name: see `withCohorts`. */
  readonly cohorts: CohortMembers;
  /** Scans the pin under the query's guard and reports how far it has come. */
  scan(options: RunScanOptions, phase: string): AsyncGenerator<ScanBatch>;
  /** For work between batches: throws when it is time to stop, lets others run now and then. */
  breathe(): Promise<void>;
}
export type RunScanOptions = Omit<ScanOptions, "cache" | "stats" | "signal">;

export interface QueryRunParts {
  readonly pin: Pin;
  readonly cache: TailCache;
  readonly guard: QueryGuard;
  readonly memoryBytesMax: number;
  readonly onProgress: OnProgress | undefined;
}

export function createQueryRun(env: Env, parts: QueryRunParts): QueryRun {
  const { pin, cache, guard, memoryBytesMax, onProgress } = parts;
  const total = createScanStats();
  let passCount = 0;
  async function* scan(options: RunScanOptions, phase: string): AsyncGenerator<ScanBatch> {
    await guard.breathe();
    const stats = createScanStats();
    const reporter = createProgressReporter(env, { phase, unit: "rows" }, onProgress);
    passCount++;
    try {
      const { signal } = guard;
      for await (const batch of scanShards(env, pin, { ...options, cache, stats, signal })) {
        yield batch;
        reporter.report(stats.rowsScanned, stats.rowsPlanned);
        await guard.breathe();
      }
    } finally {
      addStats(total, stats, passCount);
    }
  }
  const { breathe } = guard;
  return { env, pin, memoryBytesMax, stats: total, cohorts: noCohorts, scan, breathe };
}

/** Objects count once, however often the rows of a pin are passed over. */
function addStats(total: ScanStats, stats: ScanStats, passCount: number): void {
  if (passCount === 1) {
    total.filesPlanned = stats.filesPlanned;
    total.filesPruned = stats.filesPruned;
    total.filesFromFooter = stats.filesFromFooter;
    total.minTimeMs = stats.minTimeMs;
    total.maxTimeMs = stats.maxTimeMs;
  }
  total.rowsScanned += stats.rowsScanned;
  total.bytesRead.memory += stats.bytesRead.memory;
  total.bytesRead.disk += stats.bytesRead.disk;
  total.bytesRead.store += stats.bytesRead.store;
}
