import type { FunnelPlan } from "../funnel-plan.ts";
import type { UserEvents } from "../rows/user-events.ts";
import { HELD_ANY } from "../rows/user-events.ts";
import type { Attempt } from "./attempt.ts";
import { createAttempt } from "./attempt.ts";
import { createBestAttempt } from "./best-attempt.ts";
import { matchSteps } from "./optional-steps.ts";
import type { TakeAttempt, Walk } from "./sequential-walk.ts";
import type { Stretch } from "./stretch.ts";
import type { TiedEvents } from "./tied-events.ts";

/** The best attempt over all entries; where totals are counted, those before and behind it too. */
export function createOptimizedWalk(plan: FunnelPlan, events: UserEvents, tied: TiedEvents): Walk {
  const { find, holdWith } = createBestAttempt(plan, events, tied);
  const levelCount = plan.required.length;
  /** By the levels that a stretch can reach: its best attempt. Those before it reach fewer. */
  const bests = Array.from({ length: levelCount + 1 }, () => createAttempt(plan));
  const matched = new Int32Array(plan.stepCount);

  /** The last group of an attempt, that of an optional step behind the required ones too. */
  function lastGroup(attempt: Attempt): number {
    const last = attempt.groups[attempt.level - 1] ?? 0;
    if (!plan.hasOptional) return last;
    matchSteps(plan, events, attempt, matched);
    return matched.reduce((latest, event) => Math.max(latest, groupAt(event)), last);
  }
  function groupAt(event: number): number {
    return event < 0 ? 0 : (events.groupOf[event] ?? 0);
  }
  /**
   * The attempts of a stretch in order of time; false: no more are wanted. Part of a stretch
   * reaches no more levels than the whole, so that a walk over it ends with the attempt it finds,
   * or lowers what the rest can reach.
   */
  function walkStretch(stretch: Stretch, take: TakeAttempt): boolean {
    const best = bests[stretch.levelMax] ?? createAttempt(plan);
    const levels = new Map<number, number>();
    let { first, levelMax } = stretch;
    while (first < stretch.end && levelMax > 0) {
      find({ first, end: stretch.end, levelMax }, levels, best);
      if (best.level === 0) return true;
      levelMax = best.level;
      const before = { first, end: best.groups[0] ?? 0, levelMax: levelMax - 1 };
      if (!walkStretch(before, take)) return false;
      holdWith(best); // Its optional steps must hold with it too.
      if (!take(best)) return false;
      first = lastGroup(best) + 1;
    }
    return true;
  }
  return (take) => {
    const whole = { first: 0, end: events.groupCount, levelMax: levelCount };
    if (plan.isTotals) {
      walkStretch(whole, take);
    } else {
      const best = bests[levelCount] ?? createAttempt(plan);
      find(whole, new Map(), best);
      holdWith(best);
      if (best.level > 0) take(best);
    }
    events.setHeld(HELD_ANY);
  };
}
