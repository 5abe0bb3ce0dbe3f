import type { Clock } from "@shale/env";
import type { OnProgress } from "./store.ts";

/** Reports at most this often: a listener that draws is slower than the work it watches. */
const REPORT_INTERVAL_MS = 100;

export interface ProgressMeter {
  /** Work done so far, in the meter's unit. */
  update(done: number): void;
  /** Reports once more, whatever the interval. */
  finish(done: number): void;
}

/** Turns counts into progress reports with a rate and an estimate. `total` null: unknown. */
export function createProgressMeter(
  clock: Clock,
  listener: OnProgress | undefined,
  { phase, unit, total }: { phase: string; unit: string; total: number | null },
): ProgressMeter {
  const startMs = clock.monotonicMs();
  let reportedMs = Number.NEGATIVE_INFINITY;
  function report(done: number, nowMs: number): void {
    reportedMs = nowMs;
    const seconds = (nowMs - startMs) / 1_000;
    const perSecond = seconds > 0 ? done / seconds : 0;
    const etaMs =
      total === null || perSecond === 0 ? null : Math.max(0, ((total - done) / perSecond) * 1_000);
    listener?.({ phase, done, total, unit, perSecond, etaMs });
  }
  return {
    update(done) {
      if (listener === undefined) return;
      const nowMs = clock.monotonicMs();
      if (nowMs - reportedMs >= REPORT_INTERVAL_MS) report(done, nowMs);
    },
    finish(done) {
      if (listener !== undefined) report(done, clock.monotonicMs());
    },
  };
}
