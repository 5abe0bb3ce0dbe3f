import type { FunnelQuery, FunnelStep } from "@shale/model";
import { DAY_MS, ShaleError } from "@shale/model";
import { instantMsOf, spanMsOf } from "../reference-calendar.ts";
import type { ReferenceEvent } from "../reference-event.ts";
import { isSelected } from "../reference-filter.ts";

/** A funnel with its defaults filled in. Steps are numbered from 1, as in the query. */
export interface FunnelPlan {
  readonly query: FunnelQuery;
  readonly steps: readonly FunnelStep[];
  /** Numbers of the steps that are not optional. */
  readonly required: readonly number[];
  readonly order: "ordered" | "strict" | "any";
  readonly isOptimized: boolean;
  readonly isTotals: boolean;
  readonly fromMs: number;
  readonly toMs: number;
  readonly asOfMs: number;
  /** Infinity: no limit in time. */
  readonly windowMs: number;
  /** An attempt lies in so many sessions, the first that of its entry; undefined: in any number. */
  readonly sessionCount: number | undefined;
  /** Attempts are those of a session, and not of a user. */
  readonly isPerSession: boolean;
  /** Only events before it are looked at. */
  readonly endMs: number;
  readonly quantumMs: number;
  readonly mustIncrease: boolean;
  readonly held: readonly string[];
}

export function funnelPlanOf(query: FunnelQuery, nowMs: number): FunnelPlan {
  const { steps, window, order = "ordered", ties, timezone = "UTC" } = query;
  const isTotals = query.count === "totals";
  const isOptimized = query.entry === "optimized" || order === "strict";
  const fromMs = instantMsOf(query.from, timezone);
  const toMs = instantMsOf(query.to, timezone);
  if (fromMs >= toMs) {
    throw new ShaleError("QUERY_INVALID", "Cannot answer: from must lie before to", { path: "to" });
  }
  const asOfMs = query.asOf === undefined ? nowMs : instantMsOf(query.asOf, timezone);
  const windowMs = typeof window === "string" ? spanMsOf(window) : Infinity;
  const isPerSession = query.count === "sessions";
  const sessionCount = isPerSession ? 1 : typeof window === "string" ? undefined : window?.sessions;
  // What comes after the now is looked at as long as the window, or a session, may take.
  const isOfSessions = sessionCount !== undefined && sessionCount > 1;
  const lateMs = isOfSessions ? toMs + DAY_MS : toMs;
  const isEndless = isOfSessions || (windowMs === Infinity && sessionCount === undefined);
  const quantumMs = ties?.quantumMs ?? 1;
  return {
    query,
    steps,
    required: steps.flatMap(({ optional }, index) => (optional === true ? [] : [index + 1])),
    order,
    isOptimized,
    isTotals,
    fromMs,
    toMs,
    asOfMs,
    windowMs,
    sessionCount,
    isPerSession,
    endMs: isEndless ? Math.max(lateMs, asOfMs) : Infinity,
    quantumMs,
    mustIncrease: ties?.rule === "strict",
    held: query.holdConstant ?? [],
  };
}

/** An event of the user whose attempts are looked for. */
export interface Seen {
  readonly event: ReferenceEvent;
  /** Its time, cut to the quantum, or to the session that begins in it. Equal ones are tied. */
  readonly atMs: number;
  /** The last ms of the window of an attempt that begins with it. */
  readonly lastMs: number;
  /** Where it is in a range: its own time, or that at which its session began. */
  readonly placedMs: number;
  /** Its place in the event order of the user. */
  readonly place: number;
  /** Whether an attempt may begin with it. */
  readonly canEnter: boolean;
}

/** Whether an event may stand for a step. An event excluded before a step never matches it. */
export function fits(plan: FunnelPlan, { event }: Seen, step: number): boolean {
  const select = plan.steps[step - 1];
  if (select === undefined || !isSelected(event, select)) return false;
  return !exclusionsOf(plan, event).some(({ after, before }) => after < step && step <= before);
}

export interface Between {
  readonly after: number;
  readonly before: number;
}
/** The stretches from which an event throws an attempt out. */
export function exclusionsOf({ query, required }: FunnelPlan, event: ReferenceEvent): Between[] {
  return (query.exclude ?? [])
    .filter((exclusion) => isSelected(event, exclusion))
    .map(({ between: [after, before] = [1, required.at(-1) ?? 1] }) => ({ after, before }));
}

/**
 * Whether one of the tied events throws out an attempt whose last required step was `from` before
 * them and `to` after them. Where ties are favourable, the event stands where it does no harm.
 */
export function isHit(
  plan: FunnelPlan,
  tied: readonly Seen[],
  { from, to }: { readonly from: number; readonly to: number },
): boolean {
  if (plan.mustIncrease && from !== to) return false;
  const holds = ({ after, before }: Between, step: number) => after <= step && step < before;
  return tied.some(({ event }) =>
    exclusionsOf(plan, event).some((between) => holds(between, from) && holds(between, to)),
  );
}

/** Tied events together, in order. */
export function groupsOf(events: readonly Seen[]): Seen[][] {
  const groups: Seen[][] = [];
  for (const seen of events) {
    const last = groups.at(-1);
    if (last?.[0]?.atMs === seen.atMs) last.push(seen);
    else groups.push([seen]);
  }
  return groups;
}
