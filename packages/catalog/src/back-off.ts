import type { CallOptions, Env } from "@shale/env";

const LIMIT_MS_FIRST = 20;
const LIMIT_MS_MAX = 2_000;

/** Sleeps up to a limit that doubles (full jitter), so that losers of one race spread out. */
export async function backOff(
  env: Env,
  attemptCount: number,
  options: CallOptions = {},
): Promise<void> {
  const limitMs = Math.min(LIMIT_MS_MAX, LIMIT_MS_FIRST * 2 ** Math.min(attemptCount - 1, 20));
  const share = env.random.nextU32() / 2 ** 32;
  await env.clock.sleep(Math.floor(share * limitMs), options);
}
