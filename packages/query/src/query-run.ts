import type { Env } from "@shale/env";
import type { ShardId } from "@shale/model";
import type { Pin, ScanBatch, ScanOptions, TailCache } from "@shale/scan";
import { createScanStats, scanShards } from "@shale/scan";
import type { CohortMembers } from "./cohort/cohort-members.ts";
import { noCohorts } from "./cohort/cohort-members.ts";
import type { OnRows } from "./progress.ts";
import type { QueryGuard } from "./query-guard.ts";
import type { QueryStats } from "./query-stats.ts";
import { addStats, createQueryStats } from "./query-stats.ts";

/** One query while it runs over some shards: where it reads, what it may take, what it cost so far. */
export interface QueryRun {
  readonly env: Env;
  readonly pin: Pin;
  readonly memoryBytesMax: number;
  readonly stats: QueryStats;
  /** The users of the cohorts that the query's filters name: see `withCohorts`. */
  readonly cohorts: CohortMembers;
  /** Scans the shards of the run under the query's guard and reports how far it has come. */
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
  /** Default all shards of the pin. */
  readonly shards?: readonly ShardId[] | undefined;
  /** Rows read so far of those that will be; called for each batch. */
  readonly onRows: OnRows;
}

export function createQueryRun(env: Env, parts: QueryRunParts): QueryRun {
  const { pin, cache, guard, memoryBytesMax, shards, onRows } = parts;
  const total = createQueryStats();
  let passCount = 0;
  async function* scan(options: RunScanOptions, phase: string): AsyncGenerator<ScanBatch> {
    await guard.breathe();
    const stats = createScanStats();
    passCount++;
    try {
      const { signal } = guard;
      const own = { shards, ...options, cache, stats, signal };
      for await (const batch of scanShards(env, pin, own)) {
        yield batch;
        onRows(phase, stats.rowsScanned, stats.rowsPlanned);
        await guard.breathe();
      }
    } finally {
      addStats(total, stats, passCount);
    }
  }
  const { breathe } = guard;
  return { env, pin, memoryBytesMax, stats: total, cohorts: noCohorts, scan, breathe };
}
