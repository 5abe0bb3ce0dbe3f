import type { LoggedBatch } from "@shale/columns";
import type { Env } from "@shale/env";
import type { ProjectId } from "@shale/model";
import { ShaleError } from "@shale/model";
import type { AppendQueue, QueuedAppend, SeqRange } from "./append/append-queue.ts";
import { createAppendQueue } from "./append/append-queue.ts";
import type { SeqClock } from "./append/seq-clock.ts";
import type { UnflushedRows } from "./append/unflushed-rows.ts";
import { createUnflushedRows } from "./append/unflushed-rows.ts";
import type { Bell } from "./bell.ts";
import { createBell } from "./bell.ts";
import type { FlushWaiters } from "./flush-waiters.ts";
import { createFlushWaiters } from "./flush-waiters.ts";
import type { Incarnation } from "./incarnation.ts";
import { isRefusal } from "./tail/put-tail-object.ts";
import type { WriterSettings } from "./writer-options.ts";

/** What the loops of one writer share. Each field says who writes it. */
export interface WriterState {
  readonly env: Env;
  readonly project: ProjectId;
  readonly settings: WriterSettings;
  readonly seqs: SeqClock;
  readonly queue: AppendQueue;
  readonly rows: UnflushedRows;
  readonly waiters: FlushWaiters;
  /** Wakes group commit. */
  readonly commitBell: Bell;
  /** Wakes the flushes. */
  readonly flushBell: Bell;
  /** Replaced by the move to another ordinal only, together with the rows. */
  incarnation: Incarnation;
  /** Appends whose seqs are given and whose fate is open: being written, or stopped by a fence. */
  writing: readonly LoggedAppend[];
  /** Seqs of failed groups: their records may still turn up, until the tail's lastSeq passes them. */
  doubtful: readonly SeqRange[];
  /** When the oldest unflushed row is due, on the monotonic clock. */
  flushDueMs: number;
  /** Since when the store has been failing, on the monotonic clock. */
  failingSinceMs: number | undefined;
  lastFailure: ShaleError | undefined;
  /** Set by heartbeats: the next object is an empty one, if there are no rows. Cleared by flushes. */
  isSupersedeDue: boolean;
  /** Set by flushes: the tail covers the whole log. Cleared by group commit, which ends its segment. */
  isSegmentDone: boolean;
  /** Set by close: nothing new is queued. */
  isClosing: boolean;
  /** Set by group commit at its end: no row will follow. */
  isDrained: boolean;
}

/** An append that has its seqs. */
export interface LoggedAppend {
  readonly append: QueuedAppend;
  readonly batch: LoggedBatch;
  readonly range: SeqRange;
}

export function writerStateOf(
  env: Env,
  writer: Pick<WriterState, "project" | "settings" | "seqs" | "incarnation">,
): WriterState {
  const commitBell = createBell();
  return {
    env,
    ...writer,
    queue: createAppendQueue(commitBell, writer.settings),
    rows: createUnflushedRows(),
    waiters: createFlushWaiters(),
    commitBell,
    flushBell: createBell(),
    writing: [],
    doubtful: [],
    flushDueMs: 0,
    failingSinceMs: undefined,
    lastFailure: undefined,
    isSupersedeDue: false,
    isSegmentDone: false,
    isClosing: false,
    isDrained: false,
  };
}

/** The tail covers everything through `seq`: nothing of it is kept here any longer. */
export function settleThrough(state: WriterState, seq: number): void {
  const { rows, queue, waiters } = state;
  queue.giveBack(rows.dropThrough(seq));
  waiters.resolveThrough(seq);
  state.doubtful = state.doubtful.filter(({ last }) => last > seq);
}

/** The least seq that may still come into the tail; null when there is none. */
export function oldestUnflushedSeqOf(state: WriterState): number | null {
  const firsts = [
    state.rows.firstSeq,
    ...state.writing.map(({ range }) => range.first),
    ...state.doubtful.map(({ first }) => first),
  ].filter((seq) => seq !== undefined);
  return firsts.length === 0 ? null : Math.min(...firsts);
}

/**
 * Keeps account of a failing store. Rows stay where they are; callers that wait are refused at
 * once when the store says no, and after `storeWaitMs` when it does not answer.
 *
 * @returns true when they were refused
 */
export function noteFailure(state: WriterState, failure: ShaleError): boolean {
  const { env, settings, queue, waiters } = state;
  const nowMs = env.clock.monotonicMs();
  state.failingSinceMs ??= nowMs;
  state.lastFailure = failure;
  env.logger.warn("A writer tries a step again", {
    project: state.project,
    writer: state.incarnation.ordinal,
    code: failure.code,
    cause: failure,
  });
  const isFinal = isRefusal(failure) || !failure.retryable;
  if (!isFinal && nowMs - state.failingSinceMs < settings.storeWaitMs) return false;
  waiters.rejectAll(failure);
  queue.rejectBlocked(failure);
  return true;
}

export function noteSuccess(state: WriterState): void {
  state.failingSinceMs = undefined;
  state.lastFailure = undefined;
}

/** Rethrows what is not an operating error: a bug stops the writer. */
export function operatingError(error: unknown): ShaleError {
  if (error instanceof ShaleError) return error;
  throw error;
}
