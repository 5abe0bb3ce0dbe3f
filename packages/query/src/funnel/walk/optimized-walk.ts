import type { FunnelPlan } from "../funnel-plan.ts";
import { HOLDS_NOTHING } from "../rows/held-codes.ts";
import type { UserEvents } from "../rows/user-events.ts";
import { HELD_ANY, HELD_NONE } from "../rows/user-events.ts";
import { createAnyOrderWalk } from "./any-order.ts";
import { compareAttempts, copyAttempt, createAttempt, isOpen } from "./attempt.ts";
import { createChainStates } from "./chain-states.ts";
import type { Walk } from "./sequential-walk.ts";
import { nextEntry } from "./sequential-walk.ts";
import type { TiedEvents } from "./tied-events.ts";

/** The best attempt over all entries. */
export function createOptimizedWalk(plan: FunnelPlan, events: UserEvents, tied: TiedEvents): Walk {
  const best = createAttempt(plan);
  const candidate = createAttempt(plan);
  const findBest = plan.parsed.order === "any" ? bestInAnyOrder : bestChain;
  const states = createChainStates(plan, events, tied);
  const walkAny = createAnyOrderWalk(plan, events);

  /** Keeps the better one; it is pending if either of two at the same level is. */
  function offer(): void {
    if (candidate.level < best.level) return;
    const isPending = candidate.isPending || (candidate.level === best.level && best.isPending);
    if (best.level === 0 || compareAttempts(events, candidate, best) < 0) {
      copyAttempt(candidate, best);
    }
    best.isPending = isPending && best.level < plan.required.length;
  }
  function holdWith(entry: number): void {
    const held = events.held[entry] ?? HOLDS_NOTHING;
    events.setHeld(held === HOLDS_NOTHING ? HELD_NONE : held, entry);
  }
  function bestChain(): void {
    if (plan.parsed.holdConstant.length === 0) {
      states.find(candidate);
      offer();
      return;
    }
    const seen = new Set<number>();
    for (let entry = nextEntry(events, 0); entry >= 0; entry = nextEntry(events, entry + 1)) {
      const held = events.held[entry] ?? HOLDS_NOTHING;
      if (seen.has(held)) continue;
      seen.add(held);
      // Of entries with which nothing holds, the first is the best: it ends the earliest.
      holdWith(entry);
      states.find(candidate);
      if (held === HOLDS_NOTHING) candidate.isPending = false;
      offer();
    }
  }
  function bestInAnyOrder(): void {
    const holds = plan.parsed.holdConstant.length > 0;
    let walked = -1; // The group of the last entry, where nothing is held constant.
    for (let entry = nextEntry(events, 0); entry >= 0; entry = nextEntry(events, entry + 1)) {
      const first = events.groupOf[entry] ?? 0;
      if (!holds && walked === first) continue;
      walked = first;
      if (best.level === plan.stepCount && first > (best.groups[best.level - 1] ?? 0)) return;
      if (holds) holdWith(entry);
      const isAlone = holds && events.held[entry] === HOLDS_NOTHING;
      candidate.entry = entry;
      walkAny(first, candidate);
      candidate.isPending = !isAlone && isOpen(plan, events.endsMs[first]);
      offer();
    }
  }
  return (take) => {
    best.level = 0;
    best.isPending = false;
    best.isRemoved = false;
    findBest();
    // Optional steps of the best attempt must hold with it too.
    if (plan.parsed.holdConstant.length > 0 && best.level > 0) holdWith(best.entry);
    if (best.level > 0) take(best);
    events.setHeld(HELD_ANY);
  };
}
