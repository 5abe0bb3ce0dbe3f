import type { FunnelAnswer, FunnelQuery } from "@shale/model";
import { intervalsOf } from "../reference-calendar.ts";
import type { ReferenceEvent } from "../reference-event.ts";
import { isSelected, satisfies } from "../reference-filter.ts";
import { compareEvents } from "../reference-timeline.ts";
import type { ReferenceSession } from "../segmentation/reference-sessions.ts";
import { openUntilMs, sessionsOf } from "../segmentation/reference-sessions.ts";
import { counts } from "./attributed-values.ts";
import type { Attempt } from "./funnel-attempt.ts";
import type { FunnelPlan, Seen } from "./funnel-plan.ts";
import { funnelPlanOf } from "./funnel-plan.ts";
import { segmentsOf } from "./funnel-segments.ts";
import { answerSteps } from "./funnel-steps.ts";
import { optimizedAttempt, optimizedAttempts } from "./optimized-attempt.ts";
import { sequentialAttempts } from "./sequential-attempts.ts";

/** The answer to a funnel over `events`, without its meta. */
export function funnelOf(
  events: readonly ReferenceEvent[],
  query: FunnelQuery,
  nowMs: number,
): Omit<FunnelAnswer, "meta"> {
  const plan = funnelPlanOf(query, nowMs);
  const users = unitsOf(plan, events);
  const attempts = users.map((seen) => attemptsIn(plan, seen));
  const answer: Omit<FunnelAnswer, "meta"> = {
    kind: "funnel",
    order: plan.order,
    steps: answerSteps(
      plan,
      attempts.flatMap((all) => countedOf(plan, all)),
    ),
  };
  if (query.by !== undefined && query.by.length > 0) {
    answer.segments = segmentsOf(plan, attempts, query.by);
  }
  if (query.trend !== undefined) {
    answer.trendMode = query.trend.mode;
    answer.trend = trendOf(plan, users);
  }
  return answer;
}

/**
 * The events that a funnel looks at, in event order: those of each user, or, where sessions are
 * counted, those of each session that began in the range.
 */
function unitsOf(plan: FunnelPlan, events: readonly ReferenceEvent[]): Seen[][] {
  const { query, fromMs, toMs, endMs, isPerSession } = plan;
  const sessions = plan.sessionCount === undefined ? undefined : sessionsOf(events, query);
  const units = new Map<string, Seen[]>();
  for (const event of [...events].sort(compareEvents)) {
    if (event.user_id === "" || event.timeMs < fromMs || event.timeMs >= endMs) continue;
    if (query.where !== undefined && !satisfies(event, query.where)) continue;
    if ((query.ignore ?? []).some((select) => isSelected(event, select))) continue;
    const session = sessions?.get(event);
    const placedMs = isPerSession ? Number(session?.startMs) : event.timeMs;
    if (placedMs < fromMs || (isPerSession && placedMs >= toMs)) continue;
    const unit = JSON.stringify([event.user_id, isPerSession ? placedMs : null]);
    const own = units.get(unit) ?? [];
    const atMs = timeOf(plan, event, session);
    const lastMs = windowEndMs(plan, { event, atMs }, sessions);
    own.push({ event, place: own.length, atMs, lastMs, placedMs, canEnter: placedMs < toMs });
    units.set(unit, own);
  }
  return [...units.values()];
}

/** Cut to the quantum. Events of two sessions are never tied: the later one cuts it short. */
function timeOf(
  { quantumMs }: FunnelPlan,
  { timeMs }: ReferenceEvent,
  session: ReferenceSession | undefined,
): number {
  return Math.max(Math.floor(timeMs / quantumMs) * quantumMs, session?.startMs ?? -Infinity);
}

/** The last ms of the window of an attempt that begins with an event. */
function windowEndMs(
  { query, windowMs, sessionCount }: FunnelPlan,
  { event, atMs }: { readonly event: ReferenceEvent; readonly atMs: number },
  sessions: ReadonlyMap<ReferenceEvent, ReferenceSession> | undefined,
): number {
  if (sessions === undefined || sessionCount === undefined) return atMs + windowMs;
  const mine = [...sessions].filter(([{ user_id }]) => user_id === event.user_id);
  const inOrder = [...new Set(mine.map(([, session]) => session))];
  inOrder.sort((a, b) => a.startMs - b.startMs);
  const first = inOrder.findIndex((session) => session === sessions.get(event));
  const last = inOrder[first + sessionCount - 1];
  if (last === undefined) return Infinity; // It has not begun.
  const own = mine.filter(([, session]) => session === last).map(([one]) => one);
  return Math.min(atMs + windowMs, openUntilMs(query, own));
}

/** All attempts that count. Where users are counted, later ones matter to a breakdown only. */
function attemptsIn(plan: FunnelPlan, seen: readonly Seen[]): Attempt[] {
  return everyAttempt(plan, seen).filter((attempt) => counts(plan, attempt));
}

function everyAttempt(plan: FunnelPlan, seen: readonly Seen[]): Attempt[] {
  if (!plan.isOptimized) return sequentialAttempts(plan, seen);
  if (plan.isTotals) return optimizedAttempts(plan, seen);
  const best = optimizedAttempt(plan, seen);
  return best === undefined ? [] : [best];
}

function countedOf(plan: FunnelPlan, attempts: readonly Attempt[]): Attempt[] {
  const counted = plan.isTotals ? attempts : attempts.slice(0, 1);
  return counted.filter(({ isRemoved }) => !isRemoved);
}

function trendOf(plan: FunnelPlan, users: readonly Seen[][]): NonNullable<FunnelAnswer["trend"]> {
  const { query, fromMs, toMs } = plan;
  const unit = query.trend?.unit ?? "day";
  const range = { fromMs, toMs, timezone: query.timezone ?? "UTC" };
  const calendar = { ...query, kind: "segmentation", unit, series: [] } as const;
  return intervalsOf(calendar, range).map(({ label, startMs, endMs }) => {
    const isInside = ({ placedMs }: Seen): boolean => startMs <= placedMs && placedMs < endMs;
    const attempts = users.flatMap((seen) => {
      if (query.trend?.mode === "byEntry") {
        return countedOf(plan, attemptsIn(plan, seen)).filter(({ entry }) => isInside(entry));
      }
      // A funnel of its own, into which only events of the interval lead.
      const own = seen.map((one) => ({ ...one, canEnter: one.canEnter && isInside(one) }));
      return countedOf(plan, attemptsIn(plan, own));
    });
    return { interval: label, steps: answerSteps(plan, attempts) };
  });
}
