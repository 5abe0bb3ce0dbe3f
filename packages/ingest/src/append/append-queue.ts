import type { EventBatch } from "@shale/columns";
import type { Durability } from "@shale/model";
import { invariant, ShaleError } from "@shale/model";
import type { Bell } from "../bell.ts";

/** Seqs of the first and last row of one append. */
export interface SeqRange {
  readonly first: number;
  readonly last: number;
}

/** One append from its call to its acknowledgement. */
export interface QueuedAppend {
  readonly batch: EventBatch;
  /** Memory that the batch takes until it is flushed. */
  readonly bytes: number;
  readonly durability: Durability;
  /** The caller's stop: it counts until the append is taken for writing. */
  readonly signal: AbortSignal | undefined;
  resolve(range: SeqRange): void;
  reject(error: unknown): void;
}

/** Resolves when everything that was queued before it has been logged or refused. */
export interface QueuedBarrier {
  readonly batch: undefined;
  resolve(): void;
  reject(error: unknown): void;
}
type Queued = QueuedAppend | QueuedBarrier;

/**
 * Appends in the order of their calls, until a group takes them.
 *
 * Back-pressure is here: while the unflushed bytes leave no room, nothing is taken, and an append
 * is a promise that waits. `ready` rings when there may be something to take.
 */
export interface AppendQueue {
  readonly length: number;
  /** Bytes that were taken and not yet given back. */
  readonly takenBytes: number;
  /** True when the first append waits for memory. */
  readonly isBlocked: boolean;
  push(append: QueuedAppend): void;
  pushBarrier(barrier: QueuedBarrier): void;
  /**
   * The next appends that fit into memory and share one write. Their signals no longer count.
   * What was taken before has been logged or refused by now.
   */
  take(): readonly QueuedAppend[];
  /** Appends that were taken and provably never written go before all others. */
  putBack(appends: readonly QueuedAppend[]): void;
  /** Their rows are in the tail, or refused. */
  giveBack(bytes: number): void;
  /** Refuses what waits. */
  rejectAll(error: unknown): void;
  /** Refuses what waits for memory; what has room stays. */
  rejectBlocked(error: unknown): void;
}

export function createAppendQueue(
  ready: Bell,
  limits: { readonly memoryBytesMax: number; readonly groupBytesMax: number },
): AppendQueue {
  let queued: Queued[] = [];
  const stops = new Map<QueuedAppend, () => void>();
  let takenBytes = 0;

  function fits(bytes: number): boolean {
    // An append larger than the whole memory goes alone.
    return takenBytes === 0 || takenBytes + bytes <= limits.memoryBytesMax;
  }
  function isBlocked(): boolean {
    const first = queued[0];
    return first?.batch !== undefined && !fits(first.bytes);
  }
  function listen(append: QueuedAppend): void {
    const { signal } = append;
    if (signal === undefined) return;
    function stop(): void {
      queued = queued.filter((other) => other !== append);
      stops.delete(append);
      append.reject(cancelledBy(signal));
      ready.ring();
    }
    stops.set(append, stop);
    signal.addEventListener("abort", stop, { once: true });
  }
  function unlisten(append: QueuedAppend): void {
    const stop = stops.get(append);
    if (stop === undefined) return;
    stops.delete(append);
    append.signal?.removeEventListener("abort", stop);
  }
  function resolveBarriers(): void {
    let count = 0;
    for (const item of queued) {
      if (item.batch !== undefined) break;
      item.resolve();
      count++;
    }
    queued.splice(0, count);
  }
  function rejectAll(error: unknown): void {
    const rejected = queued;
    queued = [];
    for (const item of rejected) {
      if (item.batch !== undefined) unlisten(item);
      item.reject(error);
    }
    ready.ring();
  }
  return {
    get length() {
      return queued.length;
    },
    get takenBytes() {
      return takenBytes;
    },
    get isBlocked() {
      return isBlocked();
    },
    push(append) {
      if (append.signal?.aborted) return append.reject(cancelledBy(append.signal));
      queued.push(append);
      listen(append);
      ready.ring();
    },
    pushBarrier(barrier) {
      queued.push(barrier);
      ready.ring();
    },
    take() {
      resolveBarriers();
      const group: QueuedAppend[] = [];
      let groupBytes = 0;
      for (const item of queued) {
        if (item.batch === undefined || !fits(item.bytes)) break;
        if (group.length > 0 && groupBytes + item.bytes > limits.groupBytesMax) break;
        group.push(item);
        groupBytes += item.bytes;
        takenBytes += item.bytes;
      }
      queued.splice(0, group.length);
      for (const append of group) unlisten(append);
      return group;
    },
    putBack(appends) {
      queued = [...appends, ...queued];
      for (const append of appends) takenBytes -= append.bytes;
      ready.ring();
    },
    giveBack(bytes) {
      takenBytes -= bytes;
      invariant(takenBytes >= 0, `bytes are given back once: ${takenBytes}`);
      ready.ring();
    },
    rejectAll,
    rejectBlocked(error) {
      if (isBlocked()) rejectAll(error);
    },
  };
}

function cancelledBy(signal: AbortSignal | undefined): ShaleError {
  return new ShaleError("CANCELLED", "Cannot append: the caller stopped it before it was written", {
    cause: signal?.reason,
  });
}
