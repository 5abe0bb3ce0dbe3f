import { DAY_MS } from "@shale/model";
import type { ScanBatch, TextCodes } from "@shale/scan";
import { intervalAt } from "../calendar/interval-at.ts";
import type { Intervals } from "../calendar/plan-intervals.ts";
import type { MemoryBudget } from "../segmentation/memory-budget.ts";

/** The longest session. */
export const SESSION_MS_MAX = DAY_MS;

/** The session of each row of a batch. */
export interface RowSessions {
  /** Numbers the sessions of a shard from 1; 0: of nobody, who has none. */
  readonly serials: Uint32Array;
  /** The interval that the session began in; -1: in none. */
  readonly places: Int32Array;
}

export interface SessionsPlan {
  /** A longer gap between two events begins a new session. */
  readonly timeoutMs: number;
  /** The intervals that sessions are told apart by. */
  readonly intervals: Intervals;
  /** Only sessions that begin in [fromMs, toMs) have a place. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Local days that each begin a new session; undefined: they do not. */
  readonly days: Intervals | undefined;
}

/**
 * Cuts the events of each user into sessions, whatever events they are. Takes the batches of one
 * scan, shard by shard, the days ascending, each ordered by user.
 */
export function createSessionTracker(
  plan: SessionsPlan,
  budget: MemoryBudget,
): (batch: ScanBatch) => RowSessions {
  const { timeoutMs, intervals, fromMs, toMs, days } = plan;
  const holder = {};
  let users: TextCodes | undefined;
  let sessionCount = 0;
  // By user code: the last event, the session that it is in, and the local day after it.
  let lastsMs = new Float64Array(0);
  let startsMs = new Float64Array(0);
  let dayEndsMs = new Float64Array(0);
  let serials = new Uint32Array(0);
  let places = new Int32Array(0);

  function makeRoom(texts: TextCodes): void {
    if (users !== texts) {
      users = texts;
      sessionCount = 0;
      lastsMs = new Float64Array(0);
    }
    if (lastsMs.length >= texts.count) return;
    const length = Math.max(texts.count, 2 * lastsMs.length);
    budget.hold(holder, 32 * length);
    const before = { lastsMs, startsMs, dayEndsMs, serials, places };
    const kept = lastsMs.length;
    [lastsMs, startsMs, dayEndsMs] = [0, 0, 0].map(() => new Float64Array(length)) as [
      Float64Array<ArrayBuffer>,
      Float64Array<ArrayBuffer>,
      Float64Array<ArrayBuffer>,
    ];
    serials = new Uint32Array(length);
    places = new Int32Array(length);
    lastsMs.set(before.lastsMs);
    startsMs.set(before.startsMs.subarray(0, kept));
    dayEndsMs.set(before.dayEndsMs.subarray(0, kept));
    serials.set(before.serials.subarray(0, kept));
    places.set(before.places.subarray(0, kept));
  }
  function begin(user: number, atMs: number): void {
    serials[user] = ++sessionCount;
    startsMs[user] = atMs;
    places[user] = atMs < fromMs || atMs >= toMs ? -1 : intervalAt(intervals, atMs);
    if (days !== undefined) dayEndsMs[user] = days.startsMs[intervalAt(days, atMs) + 1] ?? toMs;
  }
  function isNew(user: number, atMs: number): boolean {
    if (serials[user] === 0 || atMs - (lastsMs[user] ?? 0) > timeoutMs) return true;
    if (atMs - (startsMs[user] ?? 0) > SESSION_MS_MAX) return true;
    return days !== undefined && atMs >= (dayEndsMs[user] ?? 0);
  }
  return (batch) => {
    makeRoom(batch.users);
    const nobody = batch.users.codeOf("");
    const { rowCount, userCodes, timesMs } = batch;
    const sessions = { serials: new Uint32Array(rowCount), places: new Int32Array(rowCount) };
    for (let row = 0; row < rowCount; row++) {
      const user = userCodes[row] ?? 0;
      if (user === nobody) continue;
      const atMs = timesMs[row] ?? 0;
      if (isNew(user, atMs)) begin(user, atMs);
      lastsMs[user] = atMs;
      sessions.serials[row] = serials[user] ?? 0;
      sessions.places[row] = places[user] ?? -1;
    }
    return sessions;
  };
}
