import type { FunnelAnswer, FunnelQuery } from "@shale/model";
import { intervalsOf } from "../reference-calendar.ts";
import type { ReferenceEvent } from "../reference-event.ts";
import { isSelected, satisfies } from "../reference-filter.ts";
import { compareEvents } from "../reference-timeline.ts";
import type { Attempt } from "./funnel-attempt.ts";
import type { FunnelPlan, Seen } from "./funnel-plan.ts";
import { funnelPlanOf } from "./funnel-plan.ts";
import { segmentsOf } from "./funnel-segments.ts";
import { answerSteps } from "./funnel-steps.ts";
import { optimizedAttempt } from "./optimized-attempt.ts";
import { sequentialAttempts } from "./sequential-attempts.ts";

/** The answer to a funnel over `events`, without its meta. */
export function funnelOf(
  events: readonly ReferenceEvent[],
  query: FunnelQuery,
  nowMs: number,
): Omit<FunnelAnswer, "meta"> {
  const plan = funnelPlanOf(query, nowMs);
  const users = usersOf(plan, events);
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

/** The events of each user that a funnel looks at, in event order. */
function usersOf(plan: FunnelPlan, events: readonly ReferenceEvent[]): Seen[][] {
  const { query, fromMs, toMs, endMs, quantumMs } = plan;
  const byUser = new Map<string, ReferenceEvent[]>();
  for (const event of events) {
    if (event.user_id === "" || event.timeMs < fromMs || event.timeMs >= endMs) continue;
    if (query.where !== undefined && !satisfies(event, query.where)) continue;
    if ((query.ignore ?? []).some((select) => isSelected(event, select))) continue;
    byUser.set(event.user_id, [...(byUser.get(event.user_id) ?? []), event]);
  }
  return [...byUser.values()].map((own) =>
    own.sort(compareEvents).map((event, place) => ({
      event,
      place,
      atMs: Math.floor(event.timeMs / quantumMs) * quantumMs,
      canEnter: event.timeMs < toMs,
    })),
  );
}

/** All attempts of a user. Where users are counted, later ones matter to a breakdown only. */
function attemptsIn(plan: FunnelPlan, seen: readonly Seen[]): Attempt[] {
  if (!plan.isOptimized) return sequentialAttempts(plan, seen);
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
    const isInside = ({ event }: Seen): boolean => startMs <= event.timeMs && event.timeMs < endMs;
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
