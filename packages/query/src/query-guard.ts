import { setMaxListeners } from "node:events";
import type { Env } from "@shale/env";
import { ShaleError } from "@shale/model";

export interface GuardOptions {
  readonly signal?: AbortSignal | undefined;
  /** Longest time the work may take, in ms from now. */
  readonly deadlineMs?: number | undefined;
}

/** Carries a caller's wish to stop, and a deadline, into loops and I/O. */
export interface QueryGuard {
  /** Aborts with CANCELLED or DEADLINE_EXCEEDED as its reason. */
  readonly signal: AbortSignal;
  /** Throws when it is time to stop; now and then lets the rest of the process run. */
  breathe(): Promise<void>;
  /** Ends the deadline's timer. */
  close(): void;
}

/** Longest stretch of counting without a look at timers and signals. */
const BREATH_MS = 20;

export function createQueryGuard(env: Env, { signal, deadlineMs }: GuardOptions): QueryGuard {
  const stop = new AbortController();
  setMaxListeners(0, stop.signal); // Every read that is on its way listens.
  const cancel = (): void => stop.abort(cancelled(signal?.reason));
  if (signal?.aborted === true) cancel();
  signal?.addEventListener("abort", cancel, { once: true });
  const startMs = env.clock.monotonicMs();
  const endTimer = deadlineMs === undefined ? undefined : startTimer(env, deadlineMs, stop);
  let lastBreathMs = startMs;
  return {
    signal: stop.signal,
    async breathe() {
      stop.signal.throwIfAborted();
      const nowMs = env.clock.monotonicMs();
      if (deadlineMs !== undefined && nowMs - startMs >= deadlineMs) {
        stop.abort(deadlineExceeded(deadlineMs));
        stop.signal.throwIfAborted();
      }
      if (nowMs - lastBreathMs < BREATH_MS) return;
      await new Promise<void>((resolve) => setImmediate(resolve));
      lastBreathMs = env.clock.monotonicMs();
      stop.signal.throwIfAborted();
    },
    close() {
      signal?.removeEventListener("abort", cancel);
      endTimer?.();
    },
  };
}

/**
 * Ends waits for the store too, which no look at the clock in a loop would do. Returns what ends
 * the timer: an abort costs more than a short query, so none is made where no timer runs.
 */
function startTimer(env: Env, deadlineMs: number, stop: AbortController): () => void {
  const ended = new AbortController();
  env.clock.sleep(deadlineMs, { signal: ended.signal }).then(
    () => stop.abort(deadlineExceeded(deadlineMs)),
    (error: unknown) => {
      if (!ended.signal.aborted) stop.abort(error);
    },
  );
  return () => ended.abort();
}

function cancelled(cause: unknown): ShaleError {
  return new ShaleError("CANCELLED", "Cannot finish: the caller stopped it", { cause });
}

function deadlineExceeded(deadlineMs: number): ShaleError {
  return new ShaleError("DEADLINE_EXCEEDED", `Cannot finish within ${deadlineMs} ms`);
}
