import type { ScanBatch } from "@shale/scan";
import type { IntervalRuns } from "./interval-runs.ts";
import type { MemoryBudget } from "./memory-budget.ts";
import { createUserMarks } from "./user-marks.ts";

/** One number for each interval and one for the whole range. Those of shards merge by addition. */
export interface OverallCounts {
  readonly values: Float64Array;
  readonly range: number;
  add(batch: ScanBatch, runs: IntervalRuns): void;
  /** Adds what is counted elsewhere: rows, or users that are in no batch of the interval. */
  addCount(interval: number, count: number): void;
}

export function createOverallTotals(intervalCount: number): OverallCounts {
  const values = new Float64Array(intervalCount);
  let range = 0;
  return {
    values,
    get range() {
      return range;
    },
    add(_batch, { rows, first, starts }) {
      range += rows.length;
      for (let run = 0; run + 1 < starts.length; run++) {
        const count = (starts[run + 1] ?? 0) - (starts[run] ?? 0);
        values[first + run] = (values[first + run] ?? 0) + count;
      }
    },
    addCount(interval, count) {
      range += count;
      values[interval] = (values[interval] ?? 0) + count;
    },
  };
}

/**
 * Distinct users. Batches come shard by shard and their intervals in order, so it is enough to
 * remember of a user the interval seen last.
 */
export function createOverallUniques(intervalCount: number, budget: MemoryBudget): OverallCounts {
  const values = new Float64Array(intervalCount);
  const users = createUserMarks(budget);
  let range = 0;
  return {
    values,
    get range() {
      return range;
    },
    add(batch, { rows, first, starts }) {
      const { marks, nobody } = users.of(batch);
      const { userCodes } = batch;
      for (let run = 0; run + 1 < starts.length; run++) {
        const mark = first + run + 1;
        const end = starts[run + 1] ?? 0;
        let count = 0;
        for (let i = starts[run] ?? 0; i < end; i++) {
          const user = userCodes[rows[i] ?? 0] ?? 0;
          const seen = marks[user] ?? 0;
          if (seen === mark || user === nobody) continue;
          if (seen === 0) range++;
          marks[user] = mark;
          count++;
        }
        values[first + run] = (values[first + run] ?? 0) + count;
      }
    },
    addCount(interval, count) {
      range += count;
      values[interval] = (values[interval] ?? 0) + count;
    },
  };
}
