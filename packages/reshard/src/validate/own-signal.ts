import { setMaxListeners } from "node:events";

/**
 * Runs work that listens to a signal in many places at once, under a signal of its own that aborts
 * with the caller's: Node warns of a signal with more than ten listeners, and the caller's is theirs.
 */
export async function underOwnSignal<T>(
  signal: AbortSignal | undefined,
  work: (own: AbortSignal) => Promise<T>,
): Promise<T> {
  const own = new AbortController();
  setMaxListeners(0, own.signal);
  const abort = (): void => own.abort(signal?.reason);
  if (signal?.aborted) abort();
  // A listener and not AbortSignal.any, whose signals Node 20 keeps as long as the source lives.
  signal?.addEventListener("abort", abort, { once: true });
  try {
    return await work(own.signal);
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}
