import type { FunnelPlan } from "../funnel-plan.ts";
import { HOLDS_NOTHING } from "../rows/held-codes.ts";
import type { UserEvents } from "../rows/user-events.ts";
import { HELD_ANY, HELD_NONE } from "../rows/user-events.ts";
import { createAnyOrderWalk } from "./any-order.ts";
import type { Attempt } from "./attempt.ts";
import { createAttempt, isOpen } from "./attempt.ts";
import { nextEntryIn } from "./stretch.ts";
import type { TiedEvents } from "./tied-events.ts";

/** Takes an attempt, which holds until it returns; false: no more are wanted of this user. */
export type TakeAttempt = (attempt: Attempt) => boolean;

/** Looks for the attempts of the user that is loaded. */
export type Walk = (take: TakeAttempt) => void;

/**
 * One attempt after the other, each from the first event that can begin it. An attempt that has
 * converted or was thrown out is over with the tied events in which that came about; one that ran
 * out of its window, with the window.
 */
export function createSequentialWalk(plan: FunnelPlan, events: UserEvents, tied: TiedEvents): Walk {
  const attempt = createAttempt(plan);
  const holds = plan.parsed.holdConstant.length > 0;
  const walkAny = createAnyOrderWalk(plan, events);
  const isAny = plan.parsed.order === "any";

  function walk(first: number): number {
    const stretch = { first, end: events.groupCount, levelMax: plan.stepCount };
    return isAny ? walkAny(stretch, attempt) : walkOrdered(first);
  }
  function walkOrdered(first: number): number {
    const { required, asOfMs } = plan;
    const windowEndMs = events.endsMs[first] ?? 0;
    attempt.level = 0;
    attempt.isRemoved = false;
    attempt.endMs = windowEndMs;
    for (let group = first; group < events.groupCount; group++) {
      const atMs = events.groupsMs[group] ?? 0;
      if (atMs > windowEndMs) return group;
      const { level } = attempt;
      const after = tied.levelAfter(group, level);
      attempt.level = after;
      attempt.groups.fill(group, level, after);
      if (plan.needsEvents && after > level) tied.assign(group, { level, after }, attempt.chosen);
      if (after === required.length) return group + 1;
      if (!events.isHit(group, level, after)) continue;
      attempt.endMs = atMs;
      attempt.isRemoved = plan.removesExcluded;
      if (atMs <= asOfMs) attempt.isPending = false;
      return group + 1;
    }
    return events.groupCount;
  }
  return (take) => {
    for (let group = 0; group < events.groupCount; ) {
      const rest = { first: group, end: events.groupCount, levelMax: plan.stepCount };
      const entry = nextEntryIn(events, rest, events.groupStarts[group] ?? 0);
      if (entry < 0) break;
      const first = events.groupOf[entry] ?? 0;
      const held = holds ? (events.held[entry] ?? HOLDS_NOTHING) : HELD_ANY;
      events.setHeld(held === HOLDS_NOTHING ? HELD_NONE : held, entry);
      attempt.entry = entry;
      attempt.isPending = held !== HOLDS_NOTHING && isOpen(plan, events.endsMs[first]);
      group = walk(first);
      if (attempt.level === plan.required.length) attempt.isPending = false;
      if (!take(attempt)) break;
    }
    events.setHeld(HELD_ANY);
  };
}
