/** Callers that wait until the tail covers a seq: `committed` appends and calls of `flush`. */
export interface FlushWaiters {
  readonly count: number;
  add(waiter: FlushWaiter): void;
  /** The tail covers `seq`. */
  resolveThrough(seq: number): void;
  rejectAll(error: unknown): void;
}
export interface FlushWaiter {
  readonly seq: number;
  resolve(): void;
  reject(error: unknown): void;
}

export function createFlushWaiters(): FlushWaiters {
  let waiters: FlushWaiter[] = [];
  return {
    get count() {
      return waiters.length;
    },
    add(waiter) {
      waiters.push(waiter);
    },
    resolveThrough(seq) {
      const covered = waiters.filter((waiter) => waiter.seq <= seq);
      waiters = waiters.filter((waiter) => waiter.seq > seq);
      for (const waiter of covered) waiter.resolve();
    },
    rejectAll(error) {
      const rejected = waiters;
      waiters = [];
      for (const waiter of rejected) waiter.reject(error);
    },
  };
}
