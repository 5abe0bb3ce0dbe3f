import { concatBatches } from "@shale/columns";
import { nonceOf } from "@shale/env";
import { tailObjectOf } from "@shale/format";
import { tailNumber } from "@shale/model";
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
    if (rows.rowCount === 0) {
      if (state.isDrained) return;
      await flushBell.wait();
      continue;
    }
    const waitMs = isUrgent(state) ? 0 : state.flushDueMs - env.clock.monotonicMs();
    if (object === undefined && waitMs > 0) {
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
  const planned = planTailObject(rows.batches(), {
    lastSeq,
    bytesMax: settings.tailObjectBytesMax,
  });
  const nonce = nonceOf(env.random);
  const batch = concatBatches(planned);
  return encodedTailObjectOf(project, tailObjectOf({ n: tailNumber(n + 1), nonce, batch }));
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
  state.flushDueMs = env.clock.monotonicMs() + settings.flushIntervalMs;
  noteSuccess(state);
  await removeSegments(state, found.lastSeq);
  return "confirmed";
}

/** A segment that stays is read again after a crash and passed over: a failure here costs space. */
async function removeSegments({ env, incarnation }: WriterState, seq: number): Promise<void> {
  try {
    await incarnation.log?.removeThrough(seq);
  } catch (error) {
    const cause = operatingError(error);
    env.logger.warn("WAL segments that the tail covers were not removed", {
      writer: incarnation.ordinal,
      cause,
    });
  }
}
