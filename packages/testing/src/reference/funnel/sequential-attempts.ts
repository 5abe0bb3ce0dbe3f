import type { Attempt, Chain } from "./funnel-attempt.ts";
import { doneBy, longestRun, stepAt, withOptional } from "./funnel-attempt.ts";
import type { FunnelPlan, Seen } from "./funnel-plan.ts";
import { fits, groupsOf, isHit } from "./funnel-plan.ts";
import { heldWith, isHeld } from "./held-values.ts";

/** An attempt, and the time up to which it took part: the next one begins later. */
interface Walked {
  readonly attempt: Attempt;
  readonly overMs: number;
}

/** One attempt after the other: a new one begins when the last has converted, ended or run out. */
export function sequentialAttempts(plan: FunnelPlan, events: readonly Seen[]): Attempt[] {
  const attempts: Attempt[] = [];
  let rest = events;
  for (;;) {
    const entry = rest.find((seen) => isEntry(plan, seen));
    if (entry === undefined) return attempts;
    const inWindow = rest.filter(({ atMs }) => atMs >= entry.atMs && atMs <= entry.lastMs);
    const { attempt, overMs } =
      plan.order === "any" ? walkAny(plan, entry, inWindow) : walkOrdered(plan, entry, inWindow);
    attempts.push(attempt);
    rest = rest.filter(({ atMs }) => atMs > overMs);
  }
}

export function isEntry(plan: FunnelPlan, seen: Seen): boolean {
  if (!seen.canEnter) return false;
  if (plan.order !== "any") return fits(plan, seen, 1);
  return plan.steps.some((_, index) => fits(plan, seen, index + 1));
}

/** Whether an attempt that began with `entry` is still in its window at asOf. */
export function isOpen(plan: FunnelPlan, entry: Seen): boolean {
  const isLimited = plan.windowMs < Infinity || plan.sessionCount !== undefined;
  return isLimited && isHeld(plan, entry) && entry.lastMs >= plan.asOfMs;
}

function walkOrdered(plan: FunnelPlan, entry: Seen, events: readonly Seen[]): Walked {
  const held = new Set(heldWith(plan, entry, events));
  const chain: Seen[] = [];
  let hitMs: number | undefined;
  for (const tied of groupsOf(events)) {
    const from = stepAt(plan, chain.length);
    const mine = tied.filter((seen) => held.has(seen));
    chain.push(...longestRun(plan, mine, chain.length));
    if (chain.length === plan.required.length) break;
    if (!isHit(plan, tied, { from, to: stepAt(plan, chain.length) })) continue;
    hitMs = tied[0]?.atMs;
    break;
  }
  const isConverted = chain.length === plan.required.length;
  const isOver = isConverted || (hitMs !== undefined && hitMs <= plan.asOfMs);
  const endMs = hitMs ?? entry.lastMs;
  return {
    attempt: {
      ...orderedAttempt(plan, [...held], { chain, endMs }),
      entry,
      isPending: !isOver && isOpen(plan, entry),
      isRemoved: hitMs !== undefined && plan.query.onExclude === "remove",
    },
    overMs: isConverted ? (chain.at(-1)?.atMs ?? endMs) : endMs,
  };
}

/** An attempt whose required steps are those of the chain; `events` may stand for optional ones. */
export function orderedAttempt(
  plan: FunnelPlan,
  events: readonly Seen[],
  { chain, endMs }: { readonly chain: Chain; readonly endMs: number },
): Pick<Attempt, "matched" | "reachedMs"> {
  const matched = withOptional(plan, events, { chain, endMs });
  return { matched, reachedMs: matched.map((seen) => seen?.atMs) };
}

function walkAny(plan: FunnelPlan, entry: Seen, events: readonly Seen[]): Walked {
  const matched = doneBy(plan, heldWith(plan, entry, events));
  const reachedMs = matched.map(({ atMs }) => atMs);
  const isConverted = reachedMs.length === plan.steps.length;
  return {
    attempt: {
      entry,
      matched,
      reachedMs,
      isPending: !isConverted && isOpen(plan, entry),
      isRemoved: false,
    },
    overMs: isConverted ? (reachedMs.at(-1) ?? 0) : entry.lastMs,
  };
}
