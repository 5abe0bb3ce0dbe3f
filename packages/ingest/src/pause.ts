import type { Clock } from "@shale/env";

const PAUSE_MS_MIN = 50;
const PAUSE_MS_MAX = 5000;

/** Sleeps, or returns at once when `signal` aborts. */
export async function pause(clock: Clock, durationMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  try {
    await clock.sleep(durationMs, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** How long to wait after so many failures in a row, 1 or more. */
export function pauseMsAfter(failureCount: number): number {
  return Math.min(PAUSE_MS_MAX, PAUSE_MS_MIN * 2 ** (failureCount - 1));
}
