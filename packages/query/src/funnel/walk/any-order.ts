import type { FunnelPlan } from "../funnel-plan.ts";
import type { UserEvents } from "../rows/user-events.ts";
import type { Attempt } from "./attempt.ts";
import type { Stretch } from "./stretch.ts";

/**
 * Steps done in any order by events of the stretch, in the window of its first group: as many as
 * can be given an event of their own. Returns the first group that was not looked at.
 */
export type AnyOrderWalk = (stretch: Stretch, attempt: Attempt) => number;

const FREE = -1;

export function createAnyOrderWalk(plan: FunnelPlan, events: UserEvents): AnyOrderWalk {
  const { stepCount, mustIncrease } = plan;
  /** By step: the event (where steps may not tie: the group) that stands for it. */
  const owners = new Int32Array(stepCount);
  const visited = new Uint8Array(stepCount);

  function standsFor(owner: number, step: number): boolean {
    if (!mustIncrease) return events.standsForStep(owner, step);
    const end = events.groupStarts[owner + 1] ?? 0;
    for (let event = events.groupStarts[owner] ?? 0; event < end; event++) {
      if (events.standsForStep(event, step)) return true;
    }
    return false;
  }
  /**
   * Finds a step for an owner; where it is a group, one that `event` of it stands for. One that
   * cannot be placed now never adds a step later: those placed stay placed.
   */
  function place(owner: number, event = FREE): boolean {
    for (let step = 0; step < stepCount; step++) {
      if (visited[step] === 1) continue;
      const fits = event === FREE ? standsFor(owner, step) : events.standsForStep(event, step);
      if (!fits) continue;
      visited[step] = 1;
      const before = owners[step] ?? FREE;
      if (before !== FREE && !place(before)) continue;
      owners[step] = owner;
      return true;
    }
    return false;
  }
  return ({ first, end: stretchEnd, levelMax }, attempt) => {
    const windowEndMs = events.endsMs[first] ?? 0;
    owners.fill(FREE);
    attempt.level = 0;
    let group = first;
    for (; group < stretchEnd && attempt.level < levelMax; group++) {
      if ((events.groupsMs[group] ?? 0) > windowEndMs) break;
      const end = events.groupStarts[group + 1] ?? 0;
      for (let event = events.groupStarts[group] ?? 0; event < end; event++) {
        if (attempt.level === levelMax) break;
        visited.fill(0);
        if (!place(mustIncrease ? group : event, event)) continue;
        attempt.chosen[attempt.level] = event;
        attempt.groups[attempt.level++] = group;
        if (mustIncrease) break;
      }
    }
    return group;
  };
}
