import type { FunnelPlan } from "../funnel-plan.ts";
import type { UserEvents } from "../rows/user-events.ts";

/** One attempt of a user while it is looked for. Walks write into it and use it again. */
export interface Attempt {
  /** Required steps reached (any order: steps done). */
  level: number;
  /** By level, from 0: the group in which it was reached. */
  readonly groups: Int32Array;
  /** By level: the event that stands for it; only where the plan needs events. */
  readonly chosen: Int32Array;
  /** The event that began it. */
  entry: number;
  /** Optional steps are looked for up to here. */
  endMs: number;
  isPending: boolean;
  isRemoved: boolean;
}

export function createAttempt(plan: FunnelPlan): Attempt {
  const levelCount = plan.required.length;
  return {
    level: 0,
    groups: new Int32Array(levelCount),
    chosen: new Int32Array(levelCount).fill(-1),
    entry: -1,
    endMs: 0,
    isPending: false,
    isRemoved: false,
  };
}

export function copyAttempt(source: Attempt, target: Attempt): void {
  target.level = source.level;
  target.groups.set(source.groups);
  target.chosen.set(source.chosen);
  target.entry = source.entry;
  target.endMs = source.endMs;
  target.isPending = source.isPending;
  target.isRemoved = source.isRemoved;
}

/** Whether a window that ends with `endMs` is open at asOf; one without any limit never is. */
export function isOpen({ windowMs, sessionCount, asOfMs }: FunnelPlan, endMs = 0): boolean {
  const isLimited = windowMs !== Number.POSITIVE_INFINITY || sessionCount !== undefined;
  return isLimited && endMs >= asOfMs;
}

/**
 * Below 0 where the left attempt is better: more steps, then the earliest end, then the latest
 * entry, then each step as early as can be.
 */
export function compareAttempts(events: UserEvents, left: Attempt, right: Attempt): number {
  if (left.level !== right.level) return right.level - left.level;
  const { groupsMs } = events;
  const msOf = ({ groups }: Attempt, level: number): number => groupsMs[groups[level] ?? 0] ?? 0;
  const last = left.level - 1;
  const ends = msOf(left, last) - msOf(right, last);
  if (ends !== 0) return ends;
  const entries = msOf(right, 0) - msOf(left, 0);
  if (entries !== 0) return entries;
  for (let level = 1; level < last; level++) {
    const order = msOf(left, level) - msOf(right, level);
    if (order !== 0) return order;
  }
  for (let level = 0; level <= last; level++) {
    const order = (left.chosen[level] ?? 0) - (right.chosen[level] ?? 0);
    if (order !== 0) return order;
  }
  return left.entry - right.entry;
}
