import { newestCatalog } from "@shale/compaction";
import type { CopyProgress } from "./copy-progress.ts";
import type { CopyHalt, CopyRun } from "./copy-run.ts";
import { haltOf } from "./copy-run.ts";
import { isOpen } from "./copy-window.ts";
import type { CopyThrottle, ThrottleReason } from "./throttle.ts";

const WAIT_MS = 20;
const WAIT_MS_MAX = 2_000;
/** A window may be hours away; it may also be changed. */
const WINDOW_LOOK_MS = 10_000;

/** What may keep a job waiting. */
export interface TurnRun {
  readonly copies: CopyRun;
  readonly throttle: CopyThrottle;
  /** False: wait. Asked before every job. */
  readonly mayCopy?: (() => boolean | Promise<boolean>) | undefined;
  readonly onProgress?:
    | ((progress: CopyProgress, waits: ThrottleReason | null) => void)
    | undefined;
}

/** A job that is about to begin. */
export interface Turn {
  /** Of source files. */
  readonly bytes: number;
  readonly progress: () => CopyProgress;
  readonly signal: AbortSignal | undefined;
}

/** Before every job: whether the operation goes on, the caller lets it, and the rate allows it. */
export async function waitForTurn(
  run: TurnRun,
  { bytes, progress, signal }: Turn,
): Promise<CopyHalt | undefined> {
  const { jobs, operation } = run.copies;
  const look = async () => await newestCatalog({ ...jobs, signal });
  let waitMs = WAIT_MS;
  while (run.mayCopy !== undefined && !(await run.mayCopy())) {
    run.onProgress?.(progress(), "caller");
    await jobs.env.clock.sleep(waitMs, { signal });
    waitMs = Math.min(WAIT_MS_MAX, 2 * waitMs);
    const halt = haltOf(await look(), operation);
    if (halt !== undefined) return halt;
  }
  for (;;) {
    const { window = null } = (await look()).operation?.throttle ?? {};
    if (window === null || isOpen(window, jobs.env.clock.nowMs())) break;
    run.onProgress?.(progress(), "window");
    await jobs.env.clock.sleep(WINDOW_LOOK_MS, { signal });
    const halt = haltOf(await look(), operation);
    if (halt !== undefined) return halt;
  }
  const rate = async () => (await look()).operation?.throttle.bytesPerSecond ?? null;
  await run.throttle.take(
    bytes,
    async () => {
      const perSecond = await rate();
      if (perSecond !== null) run.onProgress?.(progress(), "rate");
      return perSecond;
    },
    { signal },
  );
  return haltOf(await look(), operation);
}
