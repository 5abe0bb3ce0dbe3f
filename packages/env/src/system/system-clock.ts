import type { CallOptions, Clock } from "../clock.ts";

/** The longest delay that a Node timer takes; a longer one would fire at once. */
const TIMER_MS_MAX = 2_147_483_647;

/** The clock of this machine. */
export function systemClock(): Clock {
  return {
    nowMs: () => Date.now(),
    monotonicMs: () => performance.now(),
    async sleep(durationMs, options = {}) {
      const endMs = performance.now() + durationMs;
      let restMs = durationMs;
      do {
        await sleepOnce(Math.min(Math.max(restMs, 0), TIMER_MS_MAX), options);
        // A timer counts whole milliseconds and may fire a fraction early.
        restMs = endMs - performance.now();
      } while (restMs > 0);
    },
  };
}

function sleepOnce(durationMs: number, { signal }: CallOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    function abort(): void {
      clearTimeout(timer);
      reject(signal?.reason);
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, durationMs);
    signal?.addEventListener("abort", abort, { once: true });
  });
}
