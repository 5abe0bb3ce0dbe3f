import type { Env } from "@shale/env";
import { ShaleError } from "@shale/model";
import { compactProject } from "./compact-project.ts";
import type { CompactionOptions } from "./compaction-options.ts";
import { createCompactionMemo } from "./run/compaction-memo.ts";

export interface CompactionLoopOptions extends Omit<CompactionOptions, "mode" | "dryRun" | "memo"> {
  /** Between two looks, about, in ms. Lower: fewer files sooner, more listings. */
  readonly lookIntervalMs?: number | undefined;
}

const LOOK_INTERVAL_MS = 5_000;
/** After looks that failed the intervals double up to so many. */
const INTERVALS_MAX = 12;

/**
 * Does what is due, again and again, until the signal aborts; resolves then. The first look comes
 * after an interval, each at another moment than those of other processes.
 *
 * What the store refuses is logged and tried again later.
 *
 * @throws {InvariantError} and whatever else is a fault of the code: the loop ends
 */
export async function runCompactionLoop(env: Env, options: CompactionLoopOptions): Promise<void> {
  const { lookIntervalMs = LOOK_INTERVAL_MS, signal, ...rest } = options;
  const memo = createCompactionMemo();
  let intervals = 1;
  while (await slept(env, intervals * lookIntervalMs, signal)) {
    try {
      await compactProject(env, { ...rest, mode: "due", memo, signal });
      intervals = 1;
    } catch (error) {
      if (signal?.aborted) return;
      if (!(error instanceof ShaleError)) throw error;
      intervals = Math.min(INTERVALS_MAX, intervals * 2);
      env.logger.warn("a compaction failed and is tried again later", { code: error.code, error });
    }
  }
}

/** Half of the time to one and a half, drawn evenly; false when the signal aborts. */
async function slept(
  { clock, random }: Env,
  aboutMs: number,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const share = 0.5 + random.nextU32() / 2 ** 32;
  try {
    await clock.sleep(Math.floor(share * aboutMs), { signal });
    return signal?.aborted !== true;
  } catch (error) {
    if (signal?.aborted) return false;
    throw error;
  }
}
