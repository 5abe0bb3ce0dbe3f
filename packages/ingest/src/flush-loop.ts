import { concatBatches } from "@shale/columns";
import { nonceOf } from "@shale/env";
import { emptyTailObject, tailObjectOf } from "@shale/format";
import { tailNumber } from "@shale/model";
import { removeSegments } from "./log/remove-segments.ts";
import { pause, pauseMsAfter } from "./pause.ts";
import { planTailObject } from "./tail/plan-tail-object.ts";
import type { EncodedTailObject } from "./tail/put-tail-object.ts";
import { encodedTailObjectOf, isRefusal, putTailObject } from "./tail/put-tail-object.ts";
import { tailEndOf } from "./tail/read-tail-end.ts";
import type { WriterState } from "./writer-state.ts";
import { noteFailure, noteSuccess, operatingError, settleThrough } from "./writer-state.ts";

/**
 * Puts accepted rows into the tail, one object after the other (W3). Ends when `stop` aborts, which
 * it does itself when it finds that the ordinal has been taken over, or when all rows are confirmed
 * and none will follow. A failing store costs time, not rows: they stay in memory and in the log.
 */
export async function runFlushes(
  state: WriterState,
  stop: AbortController,
  giveUp: (reason: unknown) => void,
): Promise<void> {
  const { env, flushBell, rows } = state;
  let object: EncodedTailObject | undefined;
  let failureCount = 0;
  while (!stop.signal.aborted) {
    flushBell.clear();
    if (object === undefined && rows.rowCount === 0 && !state.isSupersedeDue) {
      if (state.isDrained) return;
      await flushBell.wait();
      continue;
    }
    const waitMs = isUrgent(state) ? 0 : state.flushDueMs - env.clock.monotonicMs();
    if (object === undefined && rows.rowCount > 0 && waitMs > 0) {
      await flushBell.waitAtMost(env.clock, waitMs);
      continue;
    }
    object ??= nextObjectOf(state); // Kept while its outcome is open: the same bytes are sent again.
    try {
      if ((await flushOnce(state, object, stop.signal)) === "taken") {
        stop.abort();
        return;
      }
      object = undefined;
      failureCount = 0;
    } catch (error) {
      if (stop.signal.aborted) return;
      const failure = operatingError(error);
      noteFailure(state, failure);
      if (state.isClosing && isRefusal(failure)) return giveUp(failure);
      failureCount++;
      await pause(env.clock, pauseMsAfter(failureCount), stop.signal);
    }
  }
}

/** Somebody waits for the tail, or memory is to be set free. */
function isUrgent({ isClosing, queue, rows, settings, waiters }: WriterState): boolean {
  const isLarge = rows.bytes >= settings.flushBytes || rows.rowCount >= settings.flushRows;
  return isLarge || isClosing || waiters.count > 0 || queue.isBlocked;
}

/** Number n + 1 is made only after n is confirmed: `incarnation.tail` moves with confirmations. */
function nextObjectOf(state: WriterState): EncodedTailObject {
  const { env, incarnation, project, rows, settings } = state;
  const { n, lastSeq } = incarnation.tail;
  state.isSupersedeDue = false;
  if (rows.rowCount === 0) return emptyObjectOf(state);
  const planned = planTailObject(rows.batches(), {
    lastSeq,
    bytesMax: settings.tailObjectBytesMax,
  });
  const nonce = nonceOf(env.random);
  const batch = concatBatches(planned);
  return encodedTailObjectOf(project, tailObjectOf({ n: tailNumber(n + 1), nonce, batch }));
}

/** An idle writer's: what it supersedes can be collected (C5). It is not a seal. */
function emptyObjectOf({ env, incarnation, project }: WriterState): EncodedTailObject {
  const { ordinal, tail } = incarnation;
  const object = emptyTailObject({
    writer: ordinal,
    n: tailNumber(tail.n + 1),
    nonce: nonceOf(env.random),
    lastSeq: tail.lastSeq,
    sealed: false,
  });
  return encodedTailObjectOf(project, object);
}

/**
 * "taken": another's object stands under this number, or the log is fenced.
 *
 * The fence is asked for once more after the PUT, for this schedule: the writer is stopped before
 * its PUT; a taker flushes the rows from the log and seals; all of it is drained and the objects
 * below the seal are collected, so that this number is free again; the PUT lands there, below every
 * watermark. Nobody will ever read that object, so it confirms nothing, and nothing may follow it.
 * Its rows are in the taker's objects, since all of them had passed the look after their fsync: two
 * walls, and neither leans on the other. Without a log no taker can have flushed anything.
 */
async function flushOnce(
  state: WriterState,
  object: EncodedTailObject,
  signal: AbortSignal,
): Promise<"confirmed" | "taken"> {
  const { env, incarnation, settings } = state;
  const found = await putTailObject(env, object, { signal });
  if (found.nonce !== object.header.nonce) return "taken";
  if (incarnation.log !== undefined && (await incarnation.log.isFenced())) return "taken";
  incarnation.tail = tailEndOf(found);
  settleThrough(state, found.lastSeq);
  const nowMs = env.clock.monotonicMs();
  state.flushDueMs = nowMs + settings.flushIntervalMs;
  incarnation.headRows =
    found.rowCount === 0 ? undefined : { firstSeq: found.firstSeq, confirmedMs: nowMs };
  noteSuccess(state);
  await removeSegments(state, found.lastSeq);
  if (found.rowCount === 0) endSegment(state);
  return "confirmed";
}

/** The segment that is open holds only rows that the tail covers: group commit ends and removes it. */
function endSegment(state: WriterState): void {
  if (state.rows.rowCount > 0 || state.incarnation.log === undefined) return;
  state.isSegmentDone = true;
  state.commitBell.ring();
}
