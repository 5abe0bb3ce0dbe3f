import type { CallOptions } from "@shale/env";
import type { CatalogThrottle } from "@shale/format";
import { sourceDrain } from "../copy/catch-up.ts";
import type { CopyProgress } from "../copy/copy-progress.ts";
import { progressOf } from "../copy/copy-progress.ts";
import type { BackfillEnd } from "../copy/run-backfill.ts";
import { readUnits, runBackfill } from "../copy/run-backfill.ts";
import type { ThrottleReason } from "../copy/throttle.ts";
import { createThrottle } from "../copy/throttle.ts";
import { withCopySettings } from "../edits/copying.ts";
import { operationFor } from "../edits/step.ts";
import type { ReshardState } from "../states/transition-table.ts";
import { checkedThrottle } from "./begin-reshard.ts";
import type { ReshardContext } from "./reshard-context.ts";
import { commitEdit, copyRunOf, loadExisting, stepOf } from "./reshard-context.ts";

export interface BackfillOptions extends CallOptions {
  /** Default: the operation under way. */
  readonly operationId?: string | undefined;
  /** Changes how fast it may go, for whoever copies now and later. */
  readonly throttle?: Partial<CatalogThrottle> | undefined;
  /** Asked before every job: while it says false, nothing is copied. */
  readonly mayCopy?: (() => boolean | Promise<boolean>) | undefined;
  readonly onProgress?: ((progress: BackfillProgress) => void) | undefined;
}

export interface BackfillProgress extends CopyProgress {
  readonly rowsPerSecond: number;
  /** null while it is not known. */
  readonly etaMs: number | null;
  /** Why it does not go on at once. */
  readonly waits: ThrottleReason | null;
}

export interface Backfilled extends Omit<BackfillProgress, "waits"> {
  readonly state: ReshardState;
  /** False: it was paused, or given up meanwhile. */
  readonly complete: boolean;
}

/**
 * Copies what the new spec lacks (protocol S2, S3, S7). A rerun goes on; several processes share
 * the work. Returns when nothing is left, or as soon as it is paused.
 *
 * @throws {ShaleError} RESHARD_STATE, OBJECT_CORRUPT, OBJECT_MISSING, DISK_FULL (the new spec is
 * behind then), CATALOG_CONFLICT, STORE_UNAVAILABLE: run it again; the reason of the signal
 */
export async function backfillReshard(
  context: ReshardContext,
  options: BackfillOptions = {},
): Promise<Backfilled> {
  const { signal, throttle } = options;
  const seen = await loadExisting(context, signal);
  const operation = operationFor(seen, "backfill", options.operationId);
  if (throttle !== undefined) {
    checkedThrottle({ ...operation.throttle, ...throttle });
    await commitEdit(
      context,
      (before) => withCopySettings(before, operation.id, { throttle }),
      signal,
    );
  }
  const { env, hasher, memo, onWorkers, memoryBytesMax } = context;
  const copies = copyRunOf(context, seen, operation, signal);
  const meter = createMeter(env.clock, options.onProgress);
  const end = await runBackfill({
    copies,
    step: () => stepOf(context),
    throttle: createThrottle(env.clock),
    drainSource: sourceDrain(copies, { hasher, memo, onWorkers, memoryBytesMax, signal }),
    mayCopy: options.mayCopy,
    onProgress: (progress, waits) => meter.take(progress, waits),
  });
  return await backfilledOf(context, end, { copies, meter });
}

async function backfilledOf(
  context: ReshardContext,
  end: BackfillEnd,
  { copies, meter }: { readonly copies: ReturnType<typeof copyRunOf>; readonly meter: Meter },
): Promise<Backfilled> {
  const { units, catalog } = await readUnits(copies);
  const { spec } = copies.targets[0] ?? { spec: catalog.live };
  const progress = progressOf(units, copies.pair, catalog, spec);
  const { waits: _, ...shown } = meter.take(progress, null);
  const newest = await loadExisting(context);
  return { state: newest.operation?.state ?? "steady", ...shown, complete: end === "complete" };
}

interface Meter {
  take(progress: CopyProgress, waits: ThrottleReason | null): BackfillProgress;
}

/** Rates from this call alone; what is done never falls (I24). */
function createMeter(
  clock: ReshardContext["env"]["clock"],
  onProgress: BackfillOptions["onProgress"],
): Meter {
  const startMs = clock.monotonicMs();
  let first: CopyProgress | undefined;
  let most: CopyProgress | undefined;
  return {
    take(progress, waits) {
      first ??= progress;
      const done = {
        ...progress,
        jobsDone: Math.max(progress.jobsDone, most?.jobsDone ?? 0),
        rowsDone: Math.max(progress.rowsDone, most?.rowsDone ?? 0),
        bytesDone: Math.max(progress.bytesDone, most?.bytesDone ?? 0),
      };
      most = done;
      const seconds = (clock.monotonicMs() - startMs) / 1_000;
      const rowsPerSecond =
        seconds > 0 ? Math.round((done.rowsDone - first.rowsDone) / seconds) : 0;
      const left = done.rowsTotal - done.rowsDone;
      const etaMs =
        left <= 0 ? 0 : rowsPerSecond > 0 ? Math.round((left / rowsPerSecond) * 1_000) : null;
      const shown = { ...done, rowsPerSecond, etaMs, waits };
      onProgress?.(shown);
      return shown;
    },
  };
}

/**
 * Pauses or resumes copying; jobs that have begun are finished. The state stays.
 *
 * @throws {ShaleError} RESHARD_STATE, CATALOG_CONFLICT, STORE_UNAVAILABLE
 */
export async function pauseReshard(
  context: ReshardContext,
  paused: boolean,
  options: CallOptions & { readonly operationId?: string | undefined } = {},
): Promise<{ readonly state: ReshardState; readonly paused: boolean }> {
  const { operationId, signal } = options;
  const catalog = await commitEdit(
    context,
    (before) => withCopySettings(before, operationId, { paused }),
    signal,
  );
  return {
    state: catalog.operation?.state ?? "steady",
    paused: catalog.operation?.paused ?? false,
  };
}
