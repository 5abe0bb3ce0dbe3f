import { ShaleError } from "@shale/model";

export function closedError(what: string): ShaleError {
  return new ShaleError("STORE_CLOSED", `Cannot ${what}: the store has been closed`);
}

/** @throws {ShaleError} CANCELLED with the signal's reason as cause */
export function throwIfAborted(signal: AbortSignal | undefined, what: string): void {
  if (signal?.aborted !== true) return;
  if (signal.reason instanceof ShaleError) throw signal.reason;
  throw new ShaleError("CANCELLED", `Cannot ${what} any further: it was cancelled`, {
    cause: signal.reason,
  });
}

/**
 * Runs work that its caller may stop. Whatever the abort made fail, the caller learns that it was
 * stopped, not how.
 *
 * @throws {ShaleError} CANCELLED, and what `work` throws
 */
export async function cancellable<T>(
  what: string,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throwIfAborted(signal, what);
    throw error;
  }
}
