import type { CallOptions, Clock } from "@shale/env";
import { invariant } from "@shale/model";

export interface ManualClock extends Clock {
  /**
   * Moves time on by `durationMs`, waking sleepers in the order of their due times and letting
   * each run before the next; a sleep begun on the way that is due by then ends too.
   */
  advance(durationMs: number): Promise<void>;
  /** Sets the wall clock alone, as an operator or NTP would; sleepers and durations do not notice. */
  stepWallTo(nowMs: number): void;
  /** Waits for work that takes real time, such as compiling, while this time stands still. */
  holdDuring<T>(work: Promise<T>): Promise<T>;
  readonly sleeperCount: number;
}

export interface ManualClockOptions {
  /**
   * True: time jumps to the next due sleeper by itself as soon as nothing else runs, so that code
   * which sleeps never hangs. False (the default): only `advance` moves time.
   */
  readonly autoAdvance?: boolean | undefined;
}

/** Turns of the event loop without a new sleep after which everything counts as asleep. */
const QUIET_TURNS = 3;

async function settle(): Promise<void> {
  for (let i = 0; i < QUIET_TURNS; i++) await new Promise((resolve) => setImmediate(resolve));
}

interface Sleeper {
  readonly dueMs: number;
  readonly wake: () => void;
}

/** Who sleeps, by due time; equal ones in the order of their calls. */
interface Sleepers {
  readonly count: number;
  readonly nextDueMs: number;
  add(sleeper: Sleeper): void;
  remove(sleeper: Sleeper): void;
  takeNext(): Sleeper | undefined;
}
function createSleepers(): Sleepers {
  const sleepers: Sleeper[] = [];
  return {
    get count() {
      return sleepers.length;
    },
    get nextDueMs() {
      return sleepers[0]?.dueMs ?? Number.POSITIVE_INFINITY;
    },
    add(sleeper) {
      const place = sleepers.findIndex((other) => other.dueMs > sleeper.dueMs);
      sleepers.splice(place < 0 ? sleepers.length : place, 0, sleeper);
    },
    remove(sleeper) {
      sleepers.splice(sleepers.indexOf(sleeper), 1);
    },
    takeNext: () => sleepers.shift(),
  };
}

interface Watch {
  noticeSleep(): void;
  hold(): void;
  release(): void;
}

/** Calls `wakeNext` whenever no sleep was begun for a few turns, until nobody sleeps. */
function createWatch(sleepers: Sleepers, wakeNext: () => void): Watch {
  let quietTurns = 0;
  let holdCount = 0;
  let isWatching = false;
  function watch(): void {
    if (sleepers.count === 0) {
      isWatching = false;
      return;
    }
    quietTurns = holdCount > 0 ? 0 : quietTurns + 1;
    if (quietTurns > QUIET_TURNS) {
      quietTurns = 0;
      wakeNext();
    }
    setImmediate(watch);
  }
  return {
    noticeSleep() {
      quietTurns = 0;
      if (isWatching) return;
      isWatching = true;
      setImmediate(watch);
    },
    hold() {
      holdCount++;
    },
    release() {
      holdCount--;
    },
  };
}

/** A clock that stands still at `startMs` (epoch ms, UTC) until it is told to go on. */
export function manualClock(startMs: number, options: ManualClockOptions = {}): ManualClock {
  let elapsedMs = 0;
  let wallOffsetMs = startMs;
  const sleepers = createSleepers();
  const watch = options.autoAdvance === true ? createWatch(sleepers, wakeNext) : undefined;

  function wakeNext(): void {
    const next = sleepers.takeNext();
    if (next === undefined) return;
    elapsedMs = Math.max(elapsedMs, next.dueMs);
    next.wake();
  }

  function sleep(durationMs: number, { signal }: CallOptions = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason);
      if (durationMs <= 0) return void setImmediate(resolve);
      function stop(): void {
        sleepers.remove(sleeper);
        reject(signal?.reason);
      }
      function wake(): void {
        signal?.removeEventListener("abort", stop);
        resolve();
      }
      const sleeper: Sleeper = { dueMs: elapsedMs + durationMs, wake };
      signal?.addEventListener("abort", stop, { once: true });
      sleepers.add(sleeper);
      watch?.noticeSleep();
    });
  }

  return {
    nowMs: () => Math.floor(wallOffsetMs + elapsedMs),
    monotonicMs: () => elapsedMs,
    sleep,
    async advance(durationMs) {
      invariant(durationMs >= 0, `time moves on: ${durationMs}`);
      const targetMs = elapsedMs + durationMs;
      while (sleepers.nextDueMs <= targetMs) {
        wakeNext();
        await settle();
      }
      elapsedMs = Math.max(elapsedMs, targetMs);
    },
    stepWallTo(nowMs) {
      wallOffsetMs = nowMs - elapsedMs;
    },
    async holdDuring(work) {
      watch?.hold();
      try {
        return await work;
      } finally {
        watch?.release();
      }
    },
    get sleeperCount() {
      return sleepers.count;
    },
  };
}
