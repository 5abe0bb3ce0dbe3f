import type { FunnelPlan, Seen } from "./funnel-plan.ts";
import { fits, groupsOf } from "./funnel-plan.ts";

/** One walk of a user through the funnel. */
export interface Attempt {
  /** The event that began it. */
  readonly entry: Seen;
  /** By step (any order: by number of steps done): the event that stands for it, or made it so many. */
  readonly matched: readonly (Seen | undefined)[];
  /** By step (any order: by number of steps done): when it was reached. */
  readonly reachedMs: readonly (number | undefined)[];
  /** Whether it may still go on, as far as is known at asOf. */
  readonly isPending: boolean;
  /** It met an exclusion that removes it. */
  readonly isRemoved: boolean;
}

/** A chain: the events of the required steps, as far as it came. */
export type Chain = readonly Seen[];

/** The last required step of a chain of some length; 0 for none. */
export function stepAt({ required }: FunnelPlan, length: number): number {
  return length === 0 ? 0 : (required[length - 1] ?? 0);
}

/**
 * The events of optional steps: each the first that fits after the step before it, and before the
 * next required one, or before the end of the attempt.
 */
export function withOptional(
  plan: FunnelPlan,
  events: readonly Seen[],
  { chain, endMs }: { readonly chain: Chain; readonly endMs: number },
): (Seen | undefined)[] {
  const matched: (Seen | undefined)[] = [];
  const used = new Set<Seen>(chain);
  let length = 0;
  let lastMs = 0;
  for (const [index, { optional }] of plan.steps.entries()) {
    if (optional !== true) {
      const seen = chain[length++];
      matched.push(seen);
      if (seen === undefined) break;
      lastMs = seen.atMs;
      continue;
    }
    const next = chain[length];
    const found = events.find(
      (seen) =>
        fits(plan, seen, index + 1) &&
        !used.has(seen) &&
        isOrdered(plan, lastMs, seen.atMs) &&
        (next === undefined ? seen.atMs <= endMs : isOrdered(plan, seen.atMs, next.atMs)),
    );
    matched.push(found);
    if (found === undefined) continue;
    used.add(found);
    lastMs = found.atMs;
  }
  return matched;
}

export function isOrdered({ mustIncrease }: FunnelPlan, first: number, second: number): boolean {
  return mustIncrease ? first < second : first <= second;
}

/** Events of tied ones for the steps after the first `length`: the most, then the first of them. */
export function longestRun(plan: FunnelPlan, tied: readonly Seen[], length: number): Seen[] {
  const step = plan.required[length];
  if (step === undefined) return [];
  let best: Seen[] = [];
  for (const seen of tied) {
    if (!fits(plan, seen, step) || (length === 0 && !seen.canEnter)) continue;
    const others = tied.filter((other) => other !== seen);
    const rest = plan.mustIncrease ? [] : longestRun(plan, others, length + 1);
    if (1 + rest.length > best.length) best = [seen, ...rest];
  }
  return best;
}

/**
 * The events that made the number of steps done rise, in any order: every set of steps that
 * distinct events can stand for is followed.
 */
export function doneBy(plan: FunnelPlan, events: readonly Seen[]): Seen[] {
  const found: Seen[] = [];
  let sets = new Set([0]);
  for (const tied of groupsOf(events)) {
    const before = [...sets];
    for (const seen of tied) {
      const bits = plan.steps.flatMap((_, index) =>
        fits(plan, seen, index + 1) ? [2 ** index] : [],
      );
      for (const set of plan.mustIncrease ? before : [...sets]) {
        for (const bit of bits) sets.add(set | bit);
      }
      if (mostDone(sets) > found.length) found.push(seen);
    }
    sets = new Set(sets);
  }
  return found;
}

function mostDone(sets: ReadonlySet<number>): number {
  return Math.max(...[...sets].map((set) => set.toString(2).replaceAll("0", "").length));
}
