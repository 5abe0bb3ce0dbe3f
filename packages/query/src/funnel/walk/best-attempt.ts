import type { FunnelPlan } from "../funnel-plan.ts";
import { HOLDS_NOTHING } from "../rows/held-codes.ts";
import type { UserEvents } from "../rows/user-events.ts";
import { HELD_ANY, HELD_NONE } from "../rows/user-events.ts";
import { createAnyOrderWalk } from "./any-order.ts";
import type { Attempt } from "./attempt.ts";
import { compareAttempts, copyAttempt, createAttempt, isOpen } from "./attempt.ts";
import { createChainStates } from "./chain-states.ts";
import type { Stretch } from "./stretch.ts";
import { nextEntryIn } from "./stretch.ts";
import type { TiedEvents } from "./tied-events.ts";

/** Levels that attempts of some stretch reach at most, by what they hold constant. */
export type HeldLevels = Map<number, number>;

export interface BestAttempt {
  /**
   * The best attempt over all entries of a stretch, level 0 where there is none. `levels` is read,
   * and written for stretches inside of this one.
   */
  find(stretch: Stretch, levels: HeldLevels, best: Attempt): void;
  /** Only events with which an attempt holds may stand for steps from now on. */
  holdWith(attempt: Attempt): void;
}

export function createBestAttempt(
  plan: FunnelPlan,
  events: UserEvents,
  tied: TiedEvents,
): BestAttempt {
  const candidate = createAttempt(plan);
  const states = createChainStates(plan, events, tied);
  const walkAny = createAnyOrderWalk(plan, events);
  const holds = plan.parsed.holdConstant.length > 0;
  const fullLevel = plan.required.length;

  /** Keeps the better one. A user is pending if either of two at the same level is. */
  function offer(best: Attempt): void {
    if (candidate.level === 0 || candidate.level < best.level) return;
    const isMore = candidate.level > best.level;
    const isPending = candidate.isPending || (!isMore && best.isPending);
    if (isMore || compareAttempts(events, candidate, best) < 0) copyAttempt(candidate, best);
    if (!plan.isTotals) best.isPending = isPending && best.level < fullLevel;
  }
  function holdWith(entry: number): void {
    const held = events.held[entry] ?? HOLDS_NOTHING;
    events.setHeld(held === HOLDS_NOTHING ? HELD_NONE : held, entry);
  }
  /** Whether no attempt that begins with an event, or later, can be better. */
  function isDone(entry: number, { levelMax }: Stretch, best: Attempt): boolean {
    const last = best.groups[best.level - 1] ?? 0;
    return best.level === levelMax && (events.groupOf[entry] ?? 0) > last;
  }
  function bestHeldChain(stretch: Stretch, levels: HeldLevels, best: Attempt): void {
    const seen = new Set<number>();
    const start = events.groupStarts[stretch.first] ?? 0;
    let entry = nextEntryIn(events, stretch, start);
    for (; entry >= 0; entry = nextEntryIn(events, stretch, entry + 1)) {
      if (isDone(entry, stretch, best)) return;
      const held = events.held[entry] ?? HOLDS_NOTHING;
      if (seen.has(held)) continue;
      seen.add(held);
      const levelMax = Math.min(stretch.levelMax, levels.get(held) ?? fullLevel);
      if (levelMax < best.level) continue;
      // Of entries with which nothing holds, the first is the best: it ends the earliest.
      holdWith(entry);
      states.find({ ...stretch, levelMax }, candidate);
      levels.set(held, candidate.level);
      if (held === HOLDS_NOTHING) candidate.isPending = false;
      offer(best);
    }
  }
  function bestInAnyOrder(stretch: Stretch, best: Attempt): void {
    let walked = -1; // The group of the last entry, where nothing is held constant.
    let entry = nextEntryIn(events, stretch, events.groupStarts[stretch.first] ?? 0);
    for (; entry >= 0; entry = nextEntryIn(events, stretch, entry + 1)) {
      const first = events.groupOf[entry] ?? 0;
      if (!holds && walked === first) continue;
      walked = first;
      if (isDone(entry, stretch, best)) return;
      if (holds) holdWith(entry);
      const isAlone = holds && events.held[entry] === HOLDS_NOTHING;
      candidate.entry = entry;
      walkAny({ ...stretch, first }, candidate);
      const canGoOn = !isAlone && candidate.level < fullLevel;
      candidate.isPending = canGoOn && isOpen(plan, events.endsMs[first]);
      offer(best);
    }
  }
  return {
    find(stretch, levels, best) {
      events.setHeld(HELD_ANY);
      best.level = 0;
      best.isPending = false;
      best.isRemoved = false;
      if (plan.parsed.order === "any") bestInAnyOrder(stretch, best);
      else if (holds) bestHeldChain(stretch, levels, best);
      else states.find(stretch, best);
    },
    holdWith(attempt) {
      if (holds) holdWith(attempt.entry);
    },
  };
}
