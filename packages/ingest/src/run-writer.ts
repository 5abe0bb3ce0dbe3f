import { ShaleError } from "@shale/model";
import { runGroupCommit } from "./append/group-commit.ts";
import { runFlushes } from "./flush-loop.ts";
import { runHeartbeats } from "./heartbeat-loop.ts";
import { RELEASED_NAME } from "./log/log-paths.ts";
import { leaveIncarnation, moveWriter, persist } from "./move-writer.ts";
import { sealTail } from "./tail/seal-tail.ts";
import type { WriterState } from "./writer-state.ts";
import { operatingError } from "./writer-state.ts";

/**
 * The life of a writer, from its opening to its end: under each ordinal group commit, flushes and
 * heartbeats run side by side until it is taken over, drained, or given up by `giveUp` aborting.
 */
export async function runWriter(state: WriterState, giveUp: AbortController): Promise<void> {
  try {
    while (true) {
      const isOver = await runIncarnation(state, giveUp);
      giveUp.signal.throwIfAborted();
      if (!isOver) return await sealDrained(state, giveUp.signal);
      if ((await moveWriter(state, giveUp.signal)) === "ended") return;
    }
  } catch (error) {
    await releaseLog(state);
    throw error;
  } finally {
    state.isClosing = true;
    refuseRest(state);
  }
}

/** @returns true when the ordinal was taken over, false when the writer is drained */
async function runIncarnation(state: WriterState, giveUp: AbortController): Promise<boolean> {
  const stop = new AbortController();
  const heartbeats = new AbortController();
  function ring(): void {
    state.commitBell.ring();
    state.flushBell.ring();
  }
  function abort(): void {
    stop.abort();
  }
  stop.signal.addEventListener("abort", ring, { once: true });
  giveUp.signal.addEventListener("abort", abort, { once: true });
  if (giveUp.signal.aborted) stop.abort();
  const beating = runHeartbeats(state, heartbeats.signal);
  const loops = [
    runGroupCommit(state, stop),
    runFlushes(state, stop, (reason) => giveUp.abort(reason)),
  ];
  try {
    await Promise.all(loops);
  } catch (error) {
    stop.abort(); // A bug in one loop: the other must not go on alone.
    await Promise.allSettled(loops);
    throw error;
  } finally {
    giveUp.signal.removeEventListener("abort", abort);
    heartbeats.abort();
    await beating;
  }
  return stop.signal.aborted;
}

/** A clean end: all rows are confirmed, so the seal says that nothing comes after them. */
async function sealDrained(state: WriterState, signal: AbortSignal): Promise<void> {
  const { env, incarnation, project, settings } = state;
  const place = { project, writer: incarnation.ordinal };
  const { tailObjectBytesMax } = settings;
  await persist(state, signal, () =>
    sealTail(env, place, { batches: [], tailObjectBytesMax, signal }),
  );
  await leaveIncarnation(state, incarnation);
}

/** Leaves the log to the next taker, though this process lives: it writes no more. */
async function releaseLog({ env, incarnation }: WriterState): Promise<void> {
  const { log } = incarnation;
  if (env.disk === undefined || log === undefined) return;
  try {
    await log.close();
    await env.disk.createMarker(`${log.folder}/${RELEASED_NAME}`, new Uint8Array(0));
  } catch (error) {
    const cause = operatingError(error);
    env.logger.warn("A log was not released", { writer: incarnation.ordinal, cause });
  }
}

function refuseRest({ incarnation, lastFailure, queue, waiters, writing }: WriterState): void {
  const error = new ShaleError(
    lastFailure?.code ?? "STORE_CLOSED",
    `Cannot append as writer ${incarnation.ordinal}: the writer has ended`,
    { cause: lastFailure },
  );
  queue.rejectAll(error);
  waiters.rejectAll(error);
  for (const { append } of writing) append.reject(error);
}
