import type { ShardSessions } from "../../sessions/shard-sessions.ts";
import { NO_SESSION } from "../../sessions/shard-sessions.ts";
import type { FunnelPlan } from "../funnel-plan.ts";
import { createGroupSearch } from "./group-search.ts";
import { HOLDS_NOTHING } from "./held-codes.ts";
import type { RowKinds } from "./row-kinds.ts";
import type { ShardRows } from "./shard-rows.ts";

/** Any value but a code: whatever is held constant. */
export const HELD_ANY = -1;
/** No event at all but `only`. */
export const HELD_NONE = -2;

/** The events of one user in order, and which of them a walk may use. */
export interface UserEvents {
  readonly count: number;
  /** Times by which events are in a range: their own, or those at which their sessions began. */
  readonly timesMs: Float64Array;
  readonly kinds: Uint32Array;
  readonly held: Uint32Array;
  /** Rows of the shard. */
  readonly rows: Uint32Array;
  /** Tied events are a group: group g has events [groupStarts[g], groupStarts[g + 1]). */
  readonly groupCount: number;
  readonly groupStarts: Uint32Array;
  /** Times of groups, cut to the quantum, or to the session that begins in it. */
  readonly groupsMs: Float64Array;
  /** By group: the last ms of the window of an attempt that begins with it. */
  readonly endsMs: Float64Array;
  readonly groupOf: Uint32Array;

  load(rows: ShardRows, order: Uint32Array): void;
  /** Which events may begin an attempt: those of [fromMs, toMs). */
  setEntries(fromMs: number, toMs: number): void;
  /** Which events may stand for a step: those with this held code, besides `only`. */
  setHeld(held: number, only?: number): void;
  /** Whether an event may stand for a required step (any order: for a step), by its place. */
  stands(event: number, level: number): boolean;
  /** Whether it may stand for a step by number, optional ones included. */
  standsForStep(event: number, step: number): boolean;
  isEntry(event: number): boolean;
  /** Whether a group throws out an attempt that was at `from` before it and is at `to` after. */
  isHit(group: number, from: number, to: number): boolean;
  /** The first group from `first` on that throws out an attempt at a level; else groupCount. */
  nextHit(first: number, level: number): number;
  /** The first group from `first` on with an event that stands for a step, whatever it holds. */
  nextWithStep(first: number, step: number): number;
}

export function createUserEvents(
  plan: FunnelPlan,
  kinds: RowKinds,
  sessions: ShardSessions | undefined,
): UserEvents {
  const { required, mustIncrease, hasExclusions } = plan;
  const isAny = plan.parsed.order === "any";
  let entryFromMs = 0;
  let entryToMs = 0;
  let heldNow = HELD_ANY;
  let onlyNow = -1;
  const arrays = { ...arraysFor(64), count: 0, groupCount: 0 };
  const fill = createFill(plan, sessions);
  const hits = createGroupSearch(required.length + 1, (group, level) => isHit(group, level, level));
  const fits = createGroupSearch(plan.stepCount, hasStep);
  function isHeld(event: number): boolean {
    return heldNow === HELD_ANY || event === onlyNow || arrays.held[event] === heldNow;
  }
  function canEnter(event: number): boolean {
    const atMs = arrays.timesMs[event] ?? 0;
    return atMs >= entryFromMs && atMs < entryToMs;
  }
  function hasStep(group: number, step: number): boolean {
    const end = arrays.groupStarts[group + 1] ?? 0;
    for (let event = arrays.groupStarts[group] ?? 0; event < end; event++) {
      if (kinds.fits(arrays.kinds[event] ?? 0, step)) return true;
    }
    return false;
  }
  function isHit(group: number, from: number, to: number): boolean {
    if (!hasExclusions || (mustIncrease && from !== to)) return false;
    const end = arrays.groupStarts[group + 1] ?? 0;
    for (let event = arrays.groupStarts[group] ?? 0; event < end; event++) {
      if (kinds.hits(arrays.kinds[event] ?? 0, from, to)) return true;
    }
    return false;
  }
  return Object.assign(arrays, {
    load(rows: ShardRows, order: Uint32Array): void {
      if (order.length > arrays.timesMs.length) Object.assign(arrays, arraysFor(2 * order.length));
      fill(arrays, rows, order);
      hits.clear();
      fits.clear();
    },
    setEntries(fromMs: number, toMs: number): void {
      [entryFromMs, entryToMs] = [fromMs, toMs];
    },
    setHeld(held: number, only = -1): void {
      [heldNow, onlyNow] = [held, only];
    },
    stands(event: number, level: number): boolean {
      const kind = arrays.kinds[event] ?? 0;
      if (!kinds.fits(kind, required[level] ?? 0) || !isHeld(event)) return false;
      return level > 0 || isAny || canEnter(event);
    },
    standsForStep(event: number, step: number): boolean {
      return kinds.fits(arrays.kinds[event] ?? 0, step) && isHeld(event);
    },
    isEntry(event: number): boolean {
      const kind = arrays.kinds[event] ?? 0;
      return canEnter(event) && (isAny ? kinds.fitsAny(kind) : kinds.fits(kind, 0));
    },
    isHit,
    nextHit(first: number, level: number): number {
      return hasExclusions ? hits.next(level, first, arrays.groupCount) : arrays.groupCount;
    },
    nextWithStep(first: number, step: number): number {
      return fits.next(step, first, arrays.groupCount);
    },
  });
}

function arraysFor(length: number) {
  return {
    timesMs: new Float64Array(length),
    kinds: new Uint32Array(length),
    held: new Uint32Array(length),
    rows: new Uint32Array(length),
    groupStarts: new Uint32Array(length + 1),
    groupsMs: new Float64Array(length),
    endsMs: new Float64Array(length),
    groupOf: new Uint32Array(length),
  };
}

type Arrays = ReturnType<typeof arraysFor> & { count: number; groupCount: number };

function createFill(
  { quantumMs, isPerSession, windowMs, sessionCount = 1 }: FunnelPlan,
  sessions: ShardSessions | undefined,
) {
  function endMsOf(startMs: number, session: number): number {
    if (sessions === undefined) return startMs + windowMs;
    const last = sessions.later(session, sessionCount - 1);
    if (last === NO_SESSION) return Number.POSITIVE_INFINITY;
    return Math.min(startMs + windowMs, sessions.openUntilMs(last));
  }
  return (arrays: Arrays, rows: ShardRows, order: Uint32Array): void => {
    const { timesMs, kinds, held } = rows;
    let groupCount = 0;
    for (let event = 0; event < order.length; event++) {
      const row = order[event] ?? 0;
      const timeMs = timesMs[row] ?? 0;
      const session = rows.sessions?.[row] ?? NO_SESSION;
      const beganMs = sessions === undefined ? timeMs : sessions.beganMs(session);
      const cutMs = quantumMs === 1 ? timeMs : Math.floor(timeMs / quantumMs) * quantumMs;
      // Events of two sessions are never tied: the later one cuts the quantum short.
      const atMs = sessions === undefined ? cutMs : Math.max(cutMs, beganMs);
      arrays.rows[event] = row;
      arrays.timesMs[event] = isPerSession ? beganMs : timeMs;
      arrays.kinds[event] = kinds[row] ?? 0;
      arrays.held[event] = held?.[row] ?? HOLDS_NOTHING;
      if (groupCount === 0 || arrays.groupsMs[groupCount - 1] !== atMs) {
        arrays.groupsMs[groupCount] = atMs;
        arrays.endsMs[groupCount] = endMsOf(atMs, session);
        arrays.groupStarts[groupCount++] = event;
      }
      arrays.groupOf[event] = groupCount - 1;
    }
    arrays.groupStarts[groupCount] = order.length;
    arrays.groupCount = groupCount;
    arrays.count = order.length;
  };
}
