export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Time for everything. A clock only hints; no safety rests on it (architecture, idea 5). */
export interface Clock {
  /** Milliseconds since 1970-01-01 UTC, a whole number. May step back. */
  nowMs(): number;
  /** Milliseconds from an arbitrary zero, fractional, never stepping back: for durations only. */
  monotonicMs(): number;
  /** Resolves after `durationMs`; rejects with the signal's reason when it aborts first. */
  sleep(durationMs: number, options?: CallOptions): Promise<void>;
}
