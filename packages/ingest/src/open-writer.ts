import type { EventBatch } from "@shale/columns";
import { batchBytes } from "@shale/columns";
import type { Env } from "@shale/env";
import { nonceOf } from "@shale/env";
import type { ProjectId } from "@shale/model";
import { invariant, ShaleError } from "@shale/model";
import type { SeqRange } from "./append/append-queue.ts";
import { createSeqClock } from "./append/seq-clock.ts";
import { adoptCatalog } from "./heartbeat-loop.ts";
import { openIncarnation } from "./incarnation.ts";
import { runWriter } from "./run-writer.ts";
import type { Writer, WriterAppendOptions } from "./writer.ts";
import type { WriterOptions } from "./writer-options.ts";
import { writerSettingsOf } from "./writer-options.ts";
import type { WriterState } from "./writer-state.ts";
import { writerStateOf } from "./writer-state.ts";

/**
 * Registers a writer of an existing project and starts it. Rows are logged to `env.disk`, where
 * there is one.
 *
 * @throws {ShaleError} PROJECT_NOT_FOUND, OPTION_INVALID, CATALOG_CONFLICT, STORE_UNAVAILABLE and
 *   what else the store or the disk throws
 */
export async function openWriter(
  env: Env,
  project: ProjectId,
  options: WriterOptions = {},
): Promise<Writer> {
  const settings = writerSettingsOf(options);
  const seqs = createSeqClock();
  const { segmentBytesMax } = settings;
  const nonce = nonceOf(env.random);
  const incarnation = await openIncarnation(env, project, { seqs, segmentBytesMax, nonce });
  const state = writerStateOf(env, { project, settings, seqs, incarnation });
  const giveUp = new AbortController();
  const ended = runWriter(state, giveUp);
  ended.catch((cause: unknown) => {
    env.logger.error("A writer has ended early", { project, cause });
  });
  let closing: Promise<void> | undefined;

  function close(): Promise<void> {
    closing ??= closeWriter(state, { ended, giveUp });
    return closing;
  }
  return {
    get ordinal() {
      return state.incarnation.ordinal;
    },
    append: (batch, appendOptions = {}) => append(state, batch, appendOptions),
    flush: () => flush(state),
    takeMemory: () => (state.incarnation.log === undefined ? [] : state.rows.batches()),
    adoptCatalog: () => adoptCatalog(state),
    raiseSeqs: (seq) => seqs.raise(seq),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function append(
  state: WriterState,
  batch: EventBatch,
  { durability, signal }: WriterAppendOptions,
): Promise<SeqRange> {
  invariant(batch.rowCount >= 1, "an append has a row at least");
  const hasLog = state.incarnation.log !== undefined;
  return new Promise((resolve, reject) => {
    if (durability === "wal" && !hasLog) {
      throw new ShaleError(
        "DURABILITY_UNSUPPORTED",
        `Cannot append with durability "wal": this store has no local disk for a log`,
      );
    }
    checkOpen(state);
    const bytes = batchBytes(batch);
    const wanted = durability ?? (hasLog ? "wal" : "committed");
    state.queue.push({ batch, bytes, durability: wanted, signal, resolve, reject });
  });
}

async function flush(state: WriterState): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    checkOpen(state);
    state.queue.pushBarrier({ batch: undefined, resolve, reject });
  });
  const { flushBell, rows, waiters } = state;
  const seq = rows.lastSeq;
  if (seq === undefined) return;
  await new Promise<void>((resolve, reject) => {
    waiters.add({ seq, resolve, reject });
    flushBell.ring();
  });
}

function checkOpen({ incarnation, isClosing }: WriterState): void {
  if (!isClosing) return;
  throw new ShaleError(
    "STORE_CLOSED",
    `Cannot append as writer ${incarnation.ordinal}: the writer is closed`,
  );
}

async function closeWriter(
  state: WriterState,
  { ended, giveUp }: { readonly ended: Promise<void>; readonly giveUp: AbortController },
): Promise<void> {
  const { env, settings } = state;
  state.isClosing = true;
  state.commitBell.ring();
  state.flushBell.ring();
  const done = new AbortController();
  const tooLong = env.clock.sleep(settings.closeWaitMs, { signal: done.signal }).then(
    () => giveUp.abort(),
    (error: unknown) => {
      if (!done.signal.aborted) throw error;
    },
  );
  try {
    await ended;
  } catch (error) {
    if (!giveUp.signal.aborted) throw error;
    throw unclosedError(state);
  } finally {
    done.abort();
    await tooLong;
  }
}

function unclosedError({ incarnation, lastFailure }: WriterState): ShaleError {
  const { log, ordinal } = incarnation;
  const rest =
    log === undefined
      ? "appends that were not acknowledged are refused"
      : `its log stays in ${log.folder} and is recovered when the store is opened again`;
  return new ShaleError(
    lastFailure?.code ?? "STORE_UNAVAILABLE",
    `Cannot close writer ${ordinal}: the store does not take its last rows; ${rest}`,
    { cause: lastFailure },
  );
}
