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
  readonly sleeperCount: number;
}

export interface ManualClockOptions {
  /**
   * True: time jumps to the next due sleeper by itself as soon as nothing else runs, so that code
   * which sleeps never hangs. False (the default): only `advance` moves time.
   */
  readonly autoAdvance?: boolean | undefined;
}

interface Sleeper {
  readonly dueMs: number;
  readonly wake: () => void;
}

/** Turns of the event loop without a new sleep after which everything counts as asleep. */
const QUIET_TURNS = 3;

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

async function settle(): Promise<void> {
  for (let i = 0; i < QUIET_TURNS; i++) await turn();
}

/** A clock that stands still at `startMs` (epoch ms, UTC) until it is told to go on. */
export function manualClock(startMs: number, options: ManualClockOptions = {}): ManualClock {
  let elapsedMs = 0;
  let wallOffsetMs = startMs;
  let quietTurns = 0;
  let isWatching = false;
  const sleepers: Sleeper[] = []; // By due time; equal ones in the order of their calls.

  function wakeNext(): void {
    const next = sleepers.shift();
    if (next === undefined) return;
    elapsedMs = Math.max(elapsedMs, next.dueMs);
    next.wake();
  }

  function watch(): void {
    if (sleepers.length === 0) {
      isWatching = false;
      return;
    }
    quietTurns++;
    if (quietTurns > QUIET_TURNS) {
      quietTurns = 0;
      wakeNext();
    }
    setImmediate(watch);
  }

  function add(sleeper: Sleeper): void {
    const place = sleepers.findIndex((other) => other.dueMs > sleeper.dueMs);
    sleepers.splice(place < 0 ? sleepers.length : place, 0, sleeper);
    quietTurns = 0;
    if (options.autoAdvance === true && !isWatching) {
      isWatching = true;
      setImmediate(watch);
    }
  }

  function sleep(durationMs: number, { signal }: CallOptions = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason);
      if (durationMs <= 0) return void setImmediate(resolve);
      function stop(): void {
        sleepers.splice(sleepers.indexOf(sleeper), 1);
        reject(signal?.reason);
      }
      function wake(): void {
        signal?.removeEventListener("abort", stop);
        resolve();
      }
      const sleeper: Sleeper = { dueMs: elapsedMs + durationMs, wake };
      signal?.addEventListener("abort", stop, { once: true });
      add(sleeper);
    });
  }

  return {
    nowMs: () => Math.floor(wallOffsetMs + elapsedMs),
    monotonicMs: () => elapsedMs,
    sleep,
    async advance(durationMs) {
      invariant(durationMs >= 0, `time moves on: ${durationMs}`);
      const targetMs = elapsedMs + durationMs;
      while ((sleepers[0]?.dueMs ?? Number.POSITIVE_INFINITY) <= targetMs) {
        wakeNext();
        await settle();
      }
      elapsedMs = Math.max(elapsedMs, targetMs);
    },
    stepWallTo(nowMs) {
      wallOffsetMs = nowMs - elapsedMs;
    },
    get sleeperCount() {
      return sleepers.length;
    },
  };
}
