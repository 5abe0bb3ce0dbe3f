import type { CallOptions, Clock } from "@shale/env";
import type { CatalogThrottle } from "@shale/format";

/** Why copying does not go on at once. */
export type ThrottleReason = "rate" | "caller" | "paused" | "window";

/** How often a wait looks whether the rate was changed meanwhile. */
const LOOK_MS = 500;
/** Of a rate, what one job may take: so that a slow one is steady. */
const JOB_SHARE_MS = 1_000;
const JOB_BYTES_MIN = 65_536;

/** Source bytes that one job may read under this rate. */
export function jobBytesUnder(
  { bytesPerSecond }: Pick<CatalogThrottle, "bytesPerSecond">,
  bytesMax: number,
): number {
  if (bytesPerSecond === null) return bytesMax;
  const share = (bytesPerSecond * JOB_SHARE_MS) / 1_000;
  return Math.min(bytesMax, Math.max(JOB_BYTES_MIN, Math.floor(share)));
}

export interface CopyThrottle {
  /**
   * Waits until this many bytes may be read.
   *
   * @param rate Asked again while it waits: bytes a second, null for no limit.
   */
  take(bytes: number, rate: () => Promise<number | null>, options?: CallOptions): Promise<void>;
}

/** Jobs of one process, one after the other, at no more than the rate on the average. */
export function createThrottle(clock: Clock): CopyThrottle {
  let freeAtMs = clock.monotonicMs();
  return {
    async take(bytes, rate, options = {}) {
      let perSecond = await rate();
      for (;;) {
        const nowMs = clock.monotonicMs();
        if (perSecond === null || nowMs >= freeAtMs) {
          const costMs = perSecond === null ? 0 : (bytes / perSecond) * 1_000;
          freeAtMs = Math.max(nowMs, freeAtMs) + costMs;
          return;
        }
        const before = perSecond;
        await clock.sleep(Math.min(LOOK_MS, Math.ceil(freeAtMs - nowMs)), options);
        perSecond = await rate();
        // What is still owed is owed at the new rate.
        if (perSecond !== null && perSecond !== before) {
          const owedMs = Math.max(0, freeAtMs - clock.monotonicMs());
          freeAtMs = clock.monotonicMs() + owedMs * (before / perSecond);
        }
      }
    },
  };
}
