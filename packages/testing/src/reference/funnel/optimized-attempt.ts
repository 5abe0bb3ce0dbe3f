import type { Attempt, Chain } from "./funnel-attempt.ts";
import { doneBy, isOrdered, stepAt } from "./funnel-attempt.ts";
import type { FunnelPlan, Seen } from "./funnel-plan.ts";
import { fits, groupsOf, isHit } from "./funnel-plan.ts";
import { heldWith } from "./held-values.ts";
import { isEntry, isOpen, orderedAttempt } from "./sequential-attempts.ts";

/** The best attempt over all entries; undefined for a user who never enters. */
export function optimizedAttempt(plan: FunnelPlan, events: readonly Seen[]): Attempt | undefined {
  return plan.order === "any" ? bestInAnyOrder(plan, events) : bestChain(plan, events);
}

/**
 * All attempts in order: the best one, and those that are found in the same manner in what lies
 * before it and in what lies behind it, each as if there were nothing else.
 */
export function optimizedAttempts(plan: FunnelPlan, events: readonly Seen[]): Attempt[] {
  const best = optimizedAttempt(plan, events);
  if (best === undefined) return [];
  const times = best.matched.flatMap((seen) => (seen === undefined ? [] : [seen.atMs]));
  const before = events.filter(({ atMs }) => atMs < best.entry.atMs);
  const after = events.filter(({ atMs }) => atMs > Math.max(...times));
  return [...optimizedAttempts(plan, before), best, ...optimizedAttempts(plan, after)];
}

/** More steps first, then the earliest end, then the latest entry, then each step as early as can be. */
function compareReached(left: readonly number[], right: readonly number[]): number {
  const differences = [
    right.length - left.length,
    Number(left.at(-1)) - Number(right.at(-1)),
    Number(right[0]) - Number(left[0]),
    ...left.map((atMs, index) => atMs - Number(right[index])),
  ];
  return differences.find((difference) => difference !== 0) ?? 0;
}

function bestInAnyOrder(plan: FunnelPlan, events: readonly Seen[]): Attempt | undefined {
  const all = events
    .filter((seen) => isEntry(plan, seen))
    .map((entry) => {
      const inWindow = events.filter(({ atMs }) => atMs >= entry.atMs && atMs <= entry.lastMs);
      const matched = doneBy(plan, heldWith(plan, entry, inWindow));
      return { entry, matched, reachedMs: matched.map(({ atMs }) => atMs) };
    })
    .sort((a, b) => compareReached(a.reachedMs, b.reachedMs) || a.entry.place - b.entry.place);
  const [best] = all;
  if (best === undefined) return undefined;
  const level = best.reachedMs.length;
  const rivals = plan.isTotals ? [best] : all;
  return {
    ...best,
    isPending:
      level < plan.steps.length &&
      rivals.some(({ entry, reachedMs }) => reachedMs.length === level && isOpen(plan, entry)),
    isRemoved: false,
  };
}

function compareChains(left: Chain, right: Chain): number {
  const times = (chain: Chain): number[] => chain.map(({ atMs }) => atMs);
  return (
    compareReached(times(left), times(right)) ||
    (left.map((seen, index) => seen.place - Number(right[index]?.place)).find((one) => one !== 0) ??
      0)
  );
}

function bestChain(plan: FunnelPlan, events: readonly Seen[]): Attempt | undefined {
  const chains = events
    .filter((seen) => isEntry(plan, seen))
    .flatMap((entry) => chainsFrom(plan, { events, held: heldWith(plan, entry, events) }, [entry]))
    .sort(compareChains);
  const [chain] = chains;
  const [entry] = chain ?? [];
  if (chain === undefined || entry === undefined) return undefined;
  const isConverted = chain.length === plan.required.length;
  const endMs = Math.min(overMs(plan, events, chain), entry.lastMs);
  // Where attempts are counted, another one that got as far is an attempt of its own.
  const rivals = plan.isTotals ? [chain] : chains;
  return {
    ...orderedAttempt(plan, heldWith(plan, entry, events), { chain, endMs }),
    entry,
    isPending:
      !isConverted &&
      rivals.some(
        (one) =>
          one.length === chain.length &&
          one[0] !== undefined &&
          isOpen(plan, one[0]) &&
          overMs(plan, events, one) > plan.asOfMs,
      ),
    isRemoved:
      plan.query.onExclude === "remove" && !isConverted && isThrownOut(plan, events, chain),
  };
}

interface Around {
  readonly events: readonly Seen[];
  /** Of them, those that may stand for a step. */
  readonly held: readonly Seen[];
}

/** Every chain that begins with the given one, itself included. */
function chainsFrom(plan: FunnelPlan, around: Around, chain: Chain): Chain[] {
  const step = plan.required[chain.length];
  const [entry, last] = [chain[0], chain.at(-1)];
  if (step === undefined || entry === undefined || last === undefined) return [chain];
  const longer = around.held
    .filter(
      (seen) =>
        !chain.includes(seen) &&
        isOrdered(plan, last.atMs, seen.atMs) &&
        seen.atMs <= entry.lastMs &&
        fits(plan, seen, step),
    )
    .map((seen) => [...chain, seen])
    .filter((one) => isWhole(plan, around.events, one));
  return [chain, ...longer.flatMap((one) => chainsFrom(plan, around, one))];
}

/** Whether nothing ended the chain before its last event. */
function isWhole(plan: FunnelPlan, events: readonly Seen[], chain: Chain): boolean {
  const lastMs = chain.at(-1)?.atMs ?? 0;
  return overMs(plan, events, chain) >= lastMs;
}

/** Whether an exclusion, and nothing else, ended the chain. */
function isThrownOut(plan: FunnelPlan, events: readonly Seen[], chain: Chain): boolean {
  const endMs = overMs(plan, events, chain);
  const tied = events.filter(({ atMs }) => atMs === endMs);
  const from = stepAt(plan, chain.filter((seen) => seen.atMs < endMs).length);
  return isHit(plan, tied, { from, to: stepAt(plan, chain.length) });
}

/** When the chain was ended: on its way, at the time of its last event or later; else Infinity. */
function overMs(plan: FunnelPlan, events: readonly Seen[], chain: Chain): number {
  const { atMs: firstMs = 0, lastMs = 0 } = chain[0] ?? {};
  for (const tied of groupsOf(events)) {
    const atMs = tied[0]?.atMs ?? 0;
    if (atMs < firstMs || atMs > lastMs) continue;
    if (plan.order === "strict") {
      // What is tied with the first event stands before it.
      if (atMs > firstMs && tied.some((seen) => !chain.includes(seen))) return atMs;
      continue;
    }
    const from = stepAt(plan, chain.filter((seen) => seen.atMs < atMs).length);
    const to = stepAt(plan, chain.filter((seen) => seen.atMs <= atMs).length);
    if (isHit(plan, tied, { from, to })) return atMs;
  }
  return Infinity;
}
