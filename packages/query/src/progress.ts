import type { Env } from "@shale/env";

/** How far something has come. */
export interface Progress {
  readonly phase: string;
  readonly done: number;
  readonly total: number;
  readonly unit: string;
  readonly perSecond: number;
  /** null while there is nothing to reckon from. */
  readonly etaMs: number | null;
}
export type OnProgress = (progress: Progress) => void;

export interface ProgressReporter {
  report(done: number, total: number): void;
}

const REPORT_INTERVAL_MS = 100;

/** Reports at most ten times a second, and once at the end. */
export function createProgressReporter(
  env: Env,
  { phase, unit }: { readonly phase: string; readonly unit: string },
  onProgress: OnProgress | undefined,
): ProgressReporter {
  const startMs = env.clock.monotonicMs();
  let lastMs = startMs;
  return {
    report(done, total) {
      if (onProgress === undefined) return;
      const nowMs = env.clock.monotonicMs();
      if (nowMs - lastMs < REPORT_INTERVAL_MS && done < total) return;
      lastMs = nowMs;
      const elapsedMs = nowMs - startMs;
      const perSecond = elapsedMs > 0 ? (done / elapsedMs) * 1000 : 0;
      const etaMs = perSecond > 0 ? ((total - done) / perSecond) * 1000 : null;
      onProgress({ phase, done, total, unit, perSecond, etaMs });
    },
  };
}

export type OnRows = (phase: string, done: number, total: number) => void;

/** Reports rows, one phase after the other. */
export function createRowsReporter(env: Env, onProgress: OnProgress | undefined): OnRows {
  let last: string | undefined;
  let reporter: ProgressReporter | undefined;
  return (phase, done, total) => {
    if (phase !== last) reporter = createProgressReporter(env, { phase, unit: "rows" }, onProgress);
    last = phase;
    reporter?.report(done, total);
  };
}
