import { DAY_MS } from "@shale/model";
import type { ScanBatch } from "@shale/scan";
import { fillIntervals, intervalAt } from "../calendar/interval-at.ts";
import { planIntervals } from "../calendar/plan-intervals.ts";
import type { RetentionPlan } from "./plan-retention.ts";

/**
 * The interval of each row of a batch, by its place among the planned ones; the nearest for rows
 * outside of them. Where rows behind the last have to be told apart, each interval there has a
 * number of its own, above all others.
 */
export function createRowIntervals(plan: RetentionPlan): (batch: ScanBatch) => Uint32Array {
  const { intervals, parsed } = plan;
  const { count, startsMs } = intervals;
  const endMs = startsMs[count] ?? 0;
  const tellsApart =
    parsed.clock === "calendar" && parsed.mode === "onOrAfter" && parsed.minOccurrences > 1;
  /** Numbers of intervals behind the planned ones, by their start. */
  const numbers = new Map<number, number>();

  function within(atMs: number): number {
    return Math.min(Math.max(intervalAt(intervals, atMs), 0), count - 1);
  }
  function numberBehind({ timesMs }: ScanBatch, dayEndMs: number, target: Uint32Array): void {
    const fromMs = Math.max(endMs, dayEndMs - DAY_MS);
    const behind = planIntervals({ ...parsed, fromMs, toMs: dayEndMs });
    for (let row = 0; row < timesMs.length; row++) {
      const atMs = timesMs[row] ?? 0;
      if (atMs < endMs) continue;
      const startMs = behind.startsMs[intervalAt(behind, atMs)] ?? 0;
      const number = numbers.get(startMs) ?? count + numbers.size;
      numbers.set(startMs, number);
      target[row] = number;
    }
  }
  return (batch) => {
    const target = new Uint32Array(batch.rowCount);
    const dayEndMs = (batch.day + 1) * DAY_MS;
    const first = within(batch.day * DAY_MS);
    const last = within(dayEndMs - 1);
    if (first === last) target.fill(first);
    else fillIntervals(intervals, batch.timesMs, { first, last }, target);
    if (tellsApart && dayEndMs > endMs) numberBehind(batch, dayEndMs, target);
    return target;
  };
}
