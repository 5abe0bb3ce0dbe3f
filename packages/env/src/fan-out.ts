import { setMaxListeners } from "node:events";
import { invariant } from "@shale/model";

export interface FanOutOptions {
  /** Calls at the same time, 1 or more. */
  readonly concurrency: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Calls `call` for every item, a bounded number at a time; results stand in the order of the items.
 *
 * The first failure aborts the signal that the other calls got, starts no further one, and is
 * rethrown as it was once all calls have ended: none outlives fanOut, so the caller may dispose
 * of what they used. Rejects with the reason of `signal` when that aborts.
 */
export async function fanOut<T, R>(
  items: readonly T[],
  { concurrency, signal }: FanOutOptions,
  call: (item: T, signal: AbortSignal) => Promise<R>,
): Promise<R[]> {
  invariant(concurrency >= 1, `concurrency is at least 1: ${concurrency}`);
  const stop = new AbortController();
  setMaxListeners(0, stop.signal); // Each call may listen, and more than ten may run.
  const abort = (): void => stop.abort(signal?.reason);
  if (signal?.aborted) abort();
  // A listener and not AbortSignal.any, whose signals Node 20 keeps as long as the source lives.
  signal?.addEventListener("abort", abort, { once: true });
  const results = new Array<R>(items.length);
  const pending = items.entries(); // Shared by all workers: each takes the next item.
  async function work(): Promise<void> {
    for (const [index, item] of pending) {
      stop.signal.throwIfAborted();
      results[index] = await call(item, stop.signal);
    }
  }
  const workers = Array.from({ length: Math.min(concurrency, items.length) }, work);
  try {
    await Promise.all(workers);
    stop.signal.throwIfAborted();
    return results;
  } catch (error) {
    stop.abort(error);
    await Promise.allSettled(workers);
    throw error;
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}
