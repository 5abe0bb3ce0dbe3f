import type { FunnelPlan } from "../funnel-plan.ts";
import type { UserEvents } from "../rows/user-events.ts";
import type { Attempt } from "./attempt.ts";
import { isOpen } from "./attempt.ts";
import type { Stretch } from "./stretch.ts";
import type { TiedEvents } from "./tied-events.ts";

/**
 * The best chain of a stretch over all entries, in one pass over its groups of tied events.
 *
 * At each level one chain is kept: of all that stand there, the one that began last. Whatever
 * another one could still reach, it reaches too, and its window closes later.
 */
export interface ChainStates {
  /** Level 0 when there is no entry. Looks no further than to the end of the best chain. */
  find(stretch: Stretch, attempt: Attempt): void;
}

export function createChainStates(
  plan: FunnelPlan,
  events: UserEvents,
  tied: TiedEvents,
): ChainStates {
  const { asOfMs } = plan;
  const levelCount = plan.required.length;
  /** By level, 1 to levelCount: whether a chain stands there, and the groups of its steps. */
  const alive = new Uint8Array(levelCount + 1);
  const chains = Array.from({ length: levelCount + 1 }, () => new Int32Array(levelCount));
  /** By level: the highest level that its chain reaches with the group at hand; 0 = no chain. */
  const reaches = new Int32Array(levelCount + 1);
  /** By level: a chain was thrown out of it after asOf, with an open window. */
  const wasOpen = new Uint8Array(levelCount + 1);
  const isStrict = plan.parsed.order === "strict";

  function startOf(level: number, group: number): number {
    return level === 0 ? group : (chains[level]?.[0] ?? 0);
  }
  function startMs(level: number, group: number): number {
    return events.groupsMs[startOf(level, group)] ?? 0;
  }
  /** When the window of the chain of a level ends. */
  function endMs(level: number, group: number): number {
    return events.endsMs[startOf(level, group)] ?? 0;
  }
  function isInWindow(level: number, group: number): boolean {
    return (events.groupsMs[group] ?? 0) <= endMs(level, group);
  }
  /** A chain at `level`, begun as that at `from` was, ends with the group. */
  function end(level: number, from: number, group: number): void {
    const isLater = (events.groupsMs[group] ?? 0) > asOfMs;
    if (isLater && isOpen(plan, endMs(from, group))) wasOpen[level] = 1;
  }
  /** Whether a chain that goes from a level to another with the group may go on behind it. */
  function goesOn(group: number, from: number, to: number): boolean {
    return isStrict ? !endsChain(group, from, to) : !events.isHit(group, from, to);
  }
  /** In order "strict": events of the group that are not of the chain end it. */
  function endsChain(group: number, from: number, to: number): boolean {
    const size = (events.groupStarts[group + 1] ?? 0) - (events.groupStarts[group] ?? 0);
    return from > 0 && to - from !== size;
  }
  /** The chain of a level after the group, `from` levels of it before. */
  function write(target: Int32Array, group: number, from: number, level: number): void {
    const source = chains[from] ?? target;
    for (let step = 0; step < from; step++) target[step] = source[step] ?? 0;
    target.fill(group, from, level);
  }
  /** Takes the group at hand to the chain of a level, and to the attempt where that gets further. */
  function advance(group: number, level: number, attempt: Attempt): void {
    let best = -1;
    let next = -1;
    // Of chains that began together the one that is further on was there earlier.
    for (let from = 0; from < level; from++) {
      if ((reaches[from] ?? 0) < level) continue;
      if (best < 0 || startMs(from, group) >= startMs(best, group)) best = from;
      if (!goesOn(group, from, level)) end(level, from, group);
      else if (next < 0 || startMs(from, group) >= startMs(next, group)) next = from;
    }
    if (best >= 0 && level > attempt.level) {
      attempt.level = level;
      write(attempt.groups, group, best, level);
    }
    if (alive[level] === 1) {
      const isOver = isStrict || (isInWindow(level, group) && events.isHit(group, level, level));
      if (isOver) {
        end(level, level, group);
        alive[level] = 0;
      } else if (next >= 0 && startMs(level, group) >= startMs(next, group)) return;
    }
    const target = chains[level];
    if (next < 0 || target === undefined) return;
    write(target, group, next, level);
    alive[level] = 1;
  }
  function finish(attempt: Attempt, { end: stretchEnd }: Stretch): void {
    const { level, groups } = attempt;
    const windowEndMs = events.endsMs[groups[0] ?? 0] ?? 0;
    // No event behind the stretch is of the attempt, or ends it.
    attempt.endMs = Math.min(windowEndMs, events.groupsMs[stretchEnd - 1] ?? 0);
    const stands = alive[level] === 1 && isOpen(plan, endMs(level, 0));
    const isPending = plan.isTotals
      ? isOpen(plan, windowEndMs) && overMs(attempt) > asOfMs
      : stands || wasOpen[level] === 1;
    attempt.isPending = level < levelCount && isPending;
    attempt.isRemoved = plan.removesExcluded && level < levelCount && isThrownOut(attempt);
    attempt.entry = events.groupStarts[groups[0] ?? 0] ?? 0;
    if (!plan.needsEvents) return;
    chooseEvents(tied, attempt);
    attempt.entry = attempt.chosen[0] ?? attempt.entry;
    if (plan.hasOptional) attempt.endMs = Math.min(attempt.endMs, hitMs(events, attempt));
  }
  /** When the chain of an attempt was ended at its last level; Infinity when it was not. */
  function overMs(attempt: Attempt): number {
    if (!isStrict) return hitMs(events, attempt);
    const { level, groups, endMs: lastMs } = attempt;
    const last = groups[level - 1] ?? 0;
    const from = groups.subarray(0, level).indexOf(last);
    const isOver = endsChain(last, from, level);
    const overAt = isOver ? events.groupsMs[last] : events.groupsMs[last + 1];
    const isThere = last + 1 < events.groupCount && (overAt ?? 0) <= lastMs;
    return isOver || isThere ? (overAt ?? 0) : Number.POSITIVE_INFINITY;
  }
  /** Whether an exclusion, and nothing else, ended the chain of an attempt at its last level. */
  function isThrownOut(attempt: Attempt): boolean {
    if (!isStrict) return hitMs(events, attempt) !== Number.POSITIVE_INFINITY;
    const { level, groups, endMs: windowEndMs } = attempt;
    const last = groups[level - 1] ?? 0;
    const from = groups.subarray(0, level).indexOf(last);
    if (!endsChain(last, from, level)) {
      const next = last + 1;
      const isThere = next < events.groupCount && (events.groupsMs[next] ?? 0) <= windowEndMs;
      return isThere && events.isHit(next, level, level);
    }
    return events.isHit(last, from, level);
  }
  return {
    find(stretch, attempt) {
      const { first, end, levelMax } = stretch;
      alive.fill(0);
      wasOpen.fill(0);
      attempt.level = 0;
      attempt.isPending = false;
      attempt.isRemoved = false;
      for (let group = first; group < end && attempt.level < levelMax; group++) {
        for (let level = 0; level < levelCount; level++) {
          const isThere = level === 0 || (alive[level] === 1 && isInWindow(level, group));
          reaches[level] = isThere ? tied.levelAfter(group, level) : 0;
        }
        // From above: a level is reached by chains as they stood before the group.
        for (let level = levelCount; level > 0; level--) advance(group, level, attempt);
      }
      if (attempt.level > 0) finish(attempt, stretch);
    },
  };
}

/** Which events stand for the steps of a chain whose groups are known. */
function chooseEvents(tied: TiedEvents, attempt: Attempt): void {
  for (let level = 0; level < attempt.level; ) {
    const group = attempt.groups[level] ?? 0;
    let after = level + 1;
    while (after < attempt.level && attempt.groups[after] === group) after++;
    tied.assign(group, { level, after }, attempt.chosen);
    level = after;
  }
}

/** When the chain of an attempt is thrown out at its last level; Infinity when it is not. */
function hitMs(events: UserEvents, { level, groups, endMs }: Attempt): number {
  const last = groups[level - 1] ?? 0;
  const from = groups.subarray(0, level).indexOf(last);
  if (events.isHit(last, from, level)) return events.groupsMs[last] ?? 0;
  const next = events.nextHit(last + 1, level);
  const atMs = next < events.groupCount ? (events.groupsMs[next] ?? 0) : Number.POSITIVE_INFINITY;
  return atMs <= endMs ? atMs : Number.POSITIVE_INFINITY;
}
