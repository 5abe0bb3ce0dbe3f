import type { FunnelPlan } from "../funnel-plan.ts";
import type { UserEvents } from "../rows/user-events.ts";

/** How far tied events lead: each stands for one step at most, in whatever order is best. */
export interface TiedEvents {
  /** The highest level that an attempt at `level` reaches with events of the group. */
  levelAfter(group: number, level: number): number;
  /**
   * Which events those are, for levels `level` to `after` - 1: of all choices the one whose events
   * come first in event order, step by step.
   */
  assign(
    group: number,
    levels: { readonly level: number; readonly after: number },
    chosen: Int32Array,
  ): void;
}

const FREE = -1;

export function createTiedEvents(plan: FunnelPlan, events: UserEvents): TiedEvents {
  const levelCount = plan.required.length;
  /** By event of the group: the level it stands for. */
  let owners = new Int32Array(16);
  let visited = new Uint8Array(16);
  let start = 0;
  let size = 0;

  function begin(group: number): void {
    start = events.groupStarts[group] ?? 0;
    size = (events.groupStarts[group + 1] ?? 0) - start;
    if (size > owners.length) {
      owners = new Int32Array(2 * size);
      visited = new Uint8Array(2 * size);
    }
    owners.fill(FREE, 0, size);
  }
  /** Finds an event for a level, moving other levels to other events where that helps. */
  function place(level: number, isTaken: (index: number) => boolean): boolean {
    for (let index = 0; index < size; index++) {
      if (visited[index] === 1 || isTaken(index) || !events.stands(start + index, level)) continue;
      visited[index] = 1;
      const owner = owners[index] ?? FREE;
      if (owner !== FREE && !place(owner, isTaken)) continue;
      owners[index] = level;
      return true;
    }
    return false;
  }
  function placeAll(first: number, end: number, isTaken: (index: number) => boolean): number {
    owners.fill(FREE, 0, size);
    for (let level = first; level < end; level++) {
      visited.fill(0, 0, size);
      if (!place(level, isTaken)) return level;
    }
    return end;
  }
  const takesNone = (): boolean => false;
  function firstThatStands(level: number): number {
    for (let index = 0; index < size; index++)
      if (events.stands(start + index, level)) return index;
    return FREE;
  }
  return {
    levelAfter(group, level) {
      begin(group);
      if (level >= levelCount) return level;
      if (size > 1 && !plan.mustIncrease) return placeAll(level, levelCount, takesNone);
      return firstThatStands(level) === FREE ? level : level + 1;
    },
    assign(group, { level, after }, chosen) {
      begin(group);
      const taken = new Set<number>();
      for (let one = level; one < after; one++) {
        for (let index = 0; index < size; index++) {
          if (taken.has(index) || !events.stands(start + index, one)) continue;
          taken.add(index);
          const rest = placeAll(one + 1, after, (other) => taken.has(other));
          if (rest === after) {
            chosen[one] = start + index;
            break;
          }
          taken.delete(index);
        }
      }
    },
  };
}
