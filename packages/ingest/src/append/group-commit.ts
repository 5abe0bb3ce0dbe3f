import { removeSegments } from "../log/remove-segments.ts";
import type { LoggedAppend, WriterState } from "../writer-state.ts";
import { operatingError } from "../writer-state.ts";
import type { QueuedAppend } from "./append-queue.ts";
import { seqColumnOf } from "./seq-clock.ts";

/**
 * Takes appends in groups and acknowledges them in the order of their seqs. While one group is
 * being written and fsynced, the next one gathers. Ends when `stop` aborts, which it does itself
 * when it finds a fence, or when the writer is closing and nothing is left.
 */
export async function runGroupCommit(state: WriterState, stop: AbortController): Promise<void> {
  const { commitBell, flushBell, queue } = state;
  while (!stop.signal.aborted) {
    commitBell.clear();
    const group = queue.take();
    if (group.length > 0) {
      await commitGroup(state, group, stop);
      continue;
    }
    if (state.isSegmentDone) {
      state.isSegmentDone = false;
      await endSegment(state);
      continue;
    }
    if (state.isClosing && queue.length === 0) {
      state.isDrained = true;
      flushBell.ring();
      return;
    }
    if (queue.isBlocked) flushBell.ring();
    await commitBell.wait();
  }
}

/** Nobody writes to the log now, and what the tail does not cover keeps its segment. */
async function endSegment(state: WriterState): Promise<void> {
  const { log, tail } = state.incarnation;
  await log?.endSegment();
  await removeSegments(state, tail.lastSeq);
}

async function commitGroup(
  state: WriterState,
  group: readonly QueuedAppend[],
  stop: AbortController,
): Promise<void> {
  const { log } = state.incarnation;
  const logged = group.map((append) => loggedAppendOf(state, append));
  state.writing = logged;
  try {
    const batches = logged.map(({ batch }) => batch);
    const outcome = log === undefined ? "durable" : await log.commit(batches);
    if (outcome === "fenced") {
      stop.abort(); // The rows stay in `writing`: only the sealed tail tells whether they are in.
      return;
    }
  } catch (error) {
    refuse(state, logged, error);
    operatingError(error);
    return;
  }
  state.writing = [];
  accept(state, logged);
}

function loggedAppendOf(state: WriterState, append: QueuedAppend): LoggedAppend {
  const { env, seqs, incarnation } = state;
  const { rowCount } = append.batch;
  const first = seqs.next(rowCount, env.clock.nowMs());
  const batch = {
    ...append.batch,
    writer: incarnation.ordinal,
    seqs: seqColumnOf(first, rowCount),
  };
  return { append, batch, range: { first, last: first + rowCount - 1 } };
}

/** The rows are the writer's now: visible here (W6), acknowledged, and due to be flushed. */
function accept(state: WriterState, logged: readonly LoggedAppend[]): void {
  const { env, flushBell, rows, settings, waiters } = state;
  if (rows.rowCount === 0) {
    state.flushDueMs = env.clock.monotonicMs() + settings.flushIntervalMs;
    flushBell.ring();
  }
  for (const { append, batch, range } of logged) {
    rows.add(batch, append.bytes);
    if (append.durability === "wal") {
      append.resolve(range);
      continue;
    }
    waiters.add({
      seq: range.last,
      resolve: () => append.resolve(range),
      reject: (error) => append.reject(error),
    });
    flushBell.ring();
  }
  if (rows.bytes >= settings.flushBytes || rows.rowCount >= settings.flushRows) flushBell.ring();
}

/** Nothing is known of what a failed write left behind, so nobody may believe in it. */
function refuse(state: WriterState, logged: readonly LoggedAppend[], error: unknown): void {
  state.writing = [];
  state.doubtful = [...state.doubtful, ...logged.map(({ range }) => range)];
  for (const { append } of logged) {
    state.queue.giveBack(append.bytes);
    append.reject(error);
  }
}
