import { loadCatalog } from "@shale/catalog";
import { nonceOf } from "@shale/env";
import type { CatalogDocument } from "@shale/format";
import type { WriterOrdinal } from "@shale/model";
import { ShaleError } from "@shale/model";
import { deleteHeartbeat } from "./heartbeat-loop.ts";
import type { Incarnation } from "./incarnation.ts";
import { openIncarnation } from "./incarnation.ts";
import { removeLog } from "./log/fence.ts";
import { pause, pauseMsAfter } from "./pause.ts";
import { reappendedBatchOf } from "./reappend.ts";
import type { TailEnd } from "./tail/read-tail-end.ts";
import { sealTail } from "./tail/seal-tail.ts";
import type { WriterState } from "./writer-state.ts";
import { noteFailure, noteSuccess, operatingError, settleThrough } from "./writer-state.ts";

/**
 * Goes on under another ordinal after this one was taken over (W4). Both loops have ended, so the
 * rows stand still.
 *
 * 1. The tail is sealed. The writer does not wait for the taker, which may have died: it is another
 *    taker, with its rows in memory for a log. Whatever others write meanwhile, the seal decides.
 * 2. Rows at or below the lastSeq of the sealed tail are in it. Those above, and no others, go to
 *    the new ordinal, before any other row.
 * 3. Appends that were in the log but not acknowledged: what any taker reads is a beginning of the
 *    log, so they are in the tail if its lastSeq covers them, and are then acknowledged. Otherwise
 *    they are in no tail and never will be, and they are appended anew, with new seqs.
 *
 * @returns "ended" when the writer is closing and nothing is left to be moved
 */
export async function moveWriter(
  state: WriterState,
  signal: AbortSignal,
): Promise<"moved" | "ended"> {
  const { queue, rows } = state;
  while (true) {
    const old = state.incarnation;
    await settleSealed(state, signal);
    if (state.isClosing && rows.rowCount === 0 && queue.length === 0) {
      await leaveIncarnation(state, old);
      return "ended";
    }
    const next = await openNext(state, signal);
    // A tombstone may have retired together with the old ordinal. Once the new one is registered,
    // none retires before these rows are flushed (D2).
    if (isRetired(next.catalog, old.ordinal)) settleRetired(state);
    const moved = rows.batches().map((batch) => reappendedBatchOf(batch, next.ordinal));
    // Rows and ordinal change in one step: no call of takeMemory sees half of it.
    rows.replace(moved);
    state.incarnation = next;
    state.isSupersedeDue = false;
    state.isSegmentDone = false;
    const outcome = await logMoved(state, signal);
    if (outcome === "fenced") continue;
    await leaveIncarnation(state, old);
    return "moved";
  }
}

async function settleSealed(state: WriterState, signal: AbortSignal): Promise<void> {
  const { env, incarnation, project, rows, settings } = state;
  const { ordinal } = incarnation;
  const end = await persist(state, signal, () =>
    sealTail(
      env,
      { project, writer: ordinal },
      { batches: rows.batches(), tailObjectBytesMax: settings.tailObjectBytesMax, signal },
    ),
  );
  // The catalog after the tail: a tail that was retired and collected before it was read would
  // look empty, and what has just been sealed would be nothing that anybody reads.
  const catalog = await persist(state, signal, () => loadCatalog(env, project));
  incarnation.tail = end;
  if (catalog !== undefined && isRetired(catalog, ordinal)) {
    settleRetired(state);
  } else {
    settleThrough(state, end.lastSeq);
    settleWriting(state, end);
  }
  state.writing = [];
  state.doubtful = []; // What the sealed tail does not hold will never come.
}

function isRetired({ retired }: CatalogDocument, ordinal: WriterOrdinal): boolean {
  return retired.some(({ from, to }) => from <= ordinal && ordinal <= to);
}

/** Everything acknowledged was in the log at the fence, so it was in the tail and was drained. */
function settleRetired(state: WriterState): void {
  const { incarnation, queue, rows, waiters, writing } = state;
  const error = retiredError(incarnation.ordinal);
  if (incarnation.log === undefined) waiters.rejectAll(error); // Nothing was acknowledged.
  settleThrough(state, rows.lastSeq ?? 0);
  for (const { append } of writing) {
    queue.giveBack(append.bytes);
    append.reject(error);
  }
}

function settleWriting({ queue, writing }: WriterState, { lastSeq }: TailEnd): void {
  queue.putBack(writing.filter(({ range }) => range.last > lastSeq).map(({ append }) => append));
  for (const { append, range } of writing) {
    if (range.last > lastSeq) continue;
    queue.giveBack(append.bytes);
    append.resolve(range);
  }
}

function retiredError(writer: WriterOrdinal): ShaleError {
  return new ShaleError(
    "WRITER_FENCED",
    `Cannot tell whether the append was kept: writer ${writer} was taken over and retired meanwhile`,
  );
}

async function openNext(state: WriterState, signal: AbortSignal): Promise<Incarnation> {
  const { env, project, seqs, settings } = state;
  const { segmentBytesMax } = settings;
  const nonce = nonceOf(env.random); // One for all attempts: they are one registration.
  return await persist(state, signal, () =>
    openIncarnation(env, project, { seqs, segmentBytesMax, nonce }),
  );
}

/** The moved rows are the first of the new log. Until they are in it, the old folder stays. */
async function logMoved(state: WriterState, signal: AbortSignal): Promise<"durable" | "fenced"> {
  const { incarnation, rows } = state;
  const { log } = incarnation;
  const batches = rows.batches();
  if (log === undefined || batches.length === 0) return "durable";
  return await persist(state, signal, () => log.commit(batches));
}

/** Removes what a sealed ordinal leaves behind; what cannot be removed is found by `recoverLogs`. */
export async function leaveIncarnation(
  { env, project }: WriterState,
  { log, ordinal }: Incarnation,
): Promise<void> {
  await deleteHeartbeat(env, project, ordinal);
  if (env.disk === undefined || log === undefined) return;
  try {
    await log.close();
    await removeLog(env.disk, log.folder);
  } catch (error) {
    const cause = operatingError(error);
    env.logger.warn("The log of a sealed writer was left behind", { writer: ordinal, cause });
  }
}

/**
 * Repeats a step that has to happen, until it does or `signal` aborts. Nothing is acknowledged
 * meanwhile, so after `storeWaitMs` everybody who waits is refused.
 */
export async function persist<T>(
  state: WriterState,
  signal: AbortSignal,
  step: () => Promise<T>,
): Promise<T> {
  for (let failureCount = 1; ; failureCount++) {
    try {
      signal.throwIfAborted();
      const result = await step();
      noteSuccess(state);
      return result;
    } catch (error) {
      if (signal.aborted) throw error;
      const failure = operatingError(error);
      if (noteFailure(state, failure)) {
        for (const { append } of state.writing) {
          state.queue.giveBack(append.bytes);
          append.reject(failure);
        }
        state.writing = [];
        state.queue.rejectAll(failure);
      }
      await pause(state.env.clock, pauseMsAfter(failureCount), signal);
    }
  }
}
