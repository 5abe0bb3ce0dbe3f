import type { Clock } from "@shale/env";

/**
 * Wakes one loop: it clears the bell, looks at what there is to do, and waits for a ring. A ring
 * after the clear is never missed, also when it comes before the wait.
 */
export interface Bell {
  clear(): void;
  ring(): void;
  /** Resolves when the bell has been rung since it was last cleared. */
  wait(): Promise<void>;
  /** As `wait`, but no longer than `durationMs`. */
  waitAtMost(clock: Clock, durationMs: number): Promise<void>;
}

export function createBell(): Bell {
  let isRung = false;
  let wake = (): void => {};

  async function wait(): Promise<void> {
    if (isRung) return;
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
  return {
    clear() {
      isRung = false;
    },
    ring() {
      isRung = true;
      wake();
    },
    wait,
    async waitAtMost(clock, durationMs) {
      const done = new AbortController();
      const slept = clock.sleep(durationMs, { signal: done.signal }).catch((error: unknown) => {
        if (!done.signal.aborted) throw error;
      });
      try {
        await Promise.race([wait(), slept]);
      } finally {
        done.abort();
      }
    },
  };
}
