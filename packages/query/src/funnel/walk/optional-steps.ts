import type { FunnelPlan } from "../funnel-plan.ts";
import type { UserEvents } from "../rows/user-events.ts";
import type { Attempt } from "./attempt.ts";

/** By step of the query: the event that stands for it, or -1. */
export type MatchedEvents = Int32Array;

/**
 * The events of all steps: those that were chosen for the required ones, and for each optional step
 * the first that fits behind the step before it, and before the next required one or the end.
 */
export function matchSteps(
  plan: FunnelPlan,
  events: UserEvents,
  attempt: Attempt,
  matched: MatchedEvents,
): void {
  matched.fill(-1);
  for (let level = 0; level < attempt.level; level++) {
    matched[plan.required[level] ?? 0] = attempt.chosen[level] ?? -1;
  }
  if (!plan.hasOptional) return;
  let last = attempt.groups[0] ?? 0;
  for (let step = 1, level = 1; step < plan.stepCount; step++) {
    if (step === plan.required[level]) {
      if (level === attempt.level) return;
      last = attempt.groups[level++] ?? 0;
      continue;
    }
    const next = level < attempt.level ? (attempt.groups[level] ?? 0) : undefined;
    const found = firstFit(plan, events, { step, last, next, endMs: attempt.endMs, matched });
    if (found < 0) continue;
    matched[step] = found;
    last = events.groupOf[found] ?? 0;
  }
}

interface Gap {
  readonly step: number;
  /** The groups around it; no next one: up to endMs. */
  readonly last: number;
  readonly next: number | undefined;
  readonly endMs: number;
  readonly matched: MatchedEvents;
}

function firstFit({ mustIncrease }: FunnelPlan, events: UserEvents, gap: Gap): number {
  const { step, last, next, endMs, matched } = gap;
  const first = mustIncrease ? last + 1 : last;
  const end = next === undefined ? events.groupCount : mustIncrease ? next : next + 1;
  let group = events.nextWithStep(first, step);
  for (; group < end; group = events.nextWithStep(group + 1, step)) {
    if (next === undefined && (events.groupsMs[group] ?? 0) > endMs) break;
    const eventEnd = events.groupStarts[group + 1] ?? 0;
    for (let event = events.groupStarts[group] ?? 0; event < eventEnd; event++) {
      if (events.standsForStep(event, step) && !matched.includes(event)) return event;
    }
  }
  return -1;
}
