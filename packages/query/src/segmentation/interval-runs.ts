import { DAY_MS } from "@shale/model";
import type { ScanBatch } from "@shale/scan";
import { fillIntervals, intervalAt } from "../calendar/interval-at.ts";
import type { Intervals } from "../calendar/plan-intervals.ts";

/** Rows of a batch grouped by interval: interval first + i has rows[starts[i], starts[i + 1]). */
export interface IntervalRuns {
  readonly rows: Uint32Array;
  readonly first: number;
  readonly starts: Uint32Array;
}

export interface RunsOptions {
  readonly intervals: Intervals;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface RunsReader {
  /**
   * The rows of a batch that are in [fromMs, toMs) and in the mask (undefined: all), by interval.
   * Holds until the next call: its arrays are used again.
   */
  of(batch: ScanBatch, mask: Uint8Array | undefined): IntervalRuns;
}

/** A day of UTC lies in few intervals, mostly in one: then nothing is sorted. */
export function createRunsReader({ intervals, fromMs, toMs }: RunsOptions): RunsReader {
  const scratch = createScratch();
  return {
    of(batch, mask) {
      const startMs = Math.max(batch.day * DAY_MS, fromMs);
      const endMs = Math.min((batch.day + 1) * DAY_MS, toMs);
      const isClipped = endMs - startMs < DAY_MS;
      const rows =
        mask === undefined && !isClipped
          ? scratch.allRows(batch.rowCount)
          : rowsBetween(batch, mask, { startMs, endMs, target: scratch.rows(batch.rowCount) });
      const first = intervalAt(intervals, startMs);
      const last = intervalAt(intervals, endMs - 1);
      if (first >= last) return { rows, first, starts: Uint32Array.of(0, rows.length) };
      return sortedRuns(batch, rows, { intervals, first, last });
    },
  };
}

/** Arrays that small batches share: making one costs more than filling it. */
function createScratch() {
  let all = new Uint32Array(0);
  let rows = new Uint32Array(0);
  return {
    /** 0 to rowCount - 1. */
    allRows(rowCount: number): Uint32Array {
      if (all.length < rowCount) all = Uint32Array.from({ length: 2 * rowCount }, (_, row) => row);
      return all.subarray(0, rowCount);
    },
    rows(rowCount: number): Uint32Array {
      if (rows.length < rowCount) rows = new Uint32Array(2 * rowCount);
      return rows;
    },
  };
}

interface RowRange {
  readonly startMs: number;
  readonly endMs: number;
  readonly target: Uint32Array;
}

function rowsBetween(
  { rowCount, timesMs }: ScanBatch,
  mask: Uint8Array | undefined,
  { startMs, endMs, target }: RowRange,
): Uint32Array {
  let count = 0;
  for (let row = 0; row < rowCount; row++) {
    if (mask !== undefined && mask[row] === 0) continue;
    const atMs = timesMs[row] ?? 0;
    if (atMs >= startMs && atMs < endMs) target[count++] = row;
  }
  return target.subarray(0, count);
}

interface Span {
  readonly intervals: Intervals;
  readonly first: number;
  readonly last: number;
}

function sortedRuns(batch: ScanBatch, rows: Uint32Array, span: Span): IntervalRuns {
  const { intervals, first, last } = span;
  const intervalOf = new Uint32Array(batch.rowCount);
  // Rows outside of the range are given the nearest interval, and are not in `rows`.
  fillIntervals(intervals, batch.timesMs, { first, last }, intervalOf);
  const ends = new Uint32Array(last - first + 2);
  for (let i = 0; i < rows.length; i++) {
    const next = (intervalOf[rows[i] ?? 0] ?? 0) - first + 1;
    ends[next] = (ends[next] ?? 0) + 1;
  }
  for (let i = 1; i < ends.length; i++) ends[i] = (ends[i] ?? 0) + (ends[i - 1] ?? 0);
  const starts = ends.slice();
  const sorted = new Uint32Array(rows.length);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] ?? 0;
    const interval = (intervalOf[row] ?? 0) - first;
    const at = ends[interval] ?? 0;
    sorted[at] = row;
    ends[interval] = at + 1;
  }
  return { rows: sorted, first, starts };
}
