import type { Cohort, EventSelect, FunnelQuery } from "@shale/model";
import { DAY_MS } from "@shale/model";
import { funnelOf } from "../funnel/reference-funnel.ts";
import { intervalsOf, spanMsOf } from "../reference-calendar.ts";
import type { ReferenceEvent } from "../reference-event.ts";
import { isSelected } from "../reference-filter.ts";
import { countOfStep } from "./count-of-step.ts";
import { withoutCohorts } from "./without-cohorts.ts";

/** What a cohort is relative to. */
export interface ReferenceNow {
  readonly asOfMs: number;
  readonly timezone: string;
}

/** Every user with an event, whenever it was; "" is nobody. */
export function everyone(events: readonly ReferenceEvent[]): string[] {
  return [...new Set(events.map((event) => event.user_id))].filter((user) => user !== "");
}

/** The users of a cohort, one user after the other. */
export function membersOf(
  events: readonly ReferenceEvent[],
  cohort: Cohort,
  now: ReferenceNow,
): string[] {
  // Cohorts in the filters of this one: each is a list of users before it is asked.
  const plain = withoutCohorts(events, cohort, now);
  return everyone(events).filter((user) =>
    isMember(
      events.filter((event) => event.user_id === user),
      plain,
      now,
    ),
  );
}

function isMember(own: readonly ReferenceEvent[], cohort: Cohort, now: ReferenceNow): boolean {
  if ("all" in cohort) return cohort.all.every((part) => isMember(own, part, now));
  if ("any" in cohort) return cohort.any.some((part) => isMember(own, part, now));
  if ("not" in cohort) return !isMember(own, cohort.not, now);
  if ("funnel" in cohort) return isInFunnel(own, cohort, now);
  if ("active" in cohort) return activeDays(own, cohort, now) >= cohort.days;
  const { fromMs, toMs } = windowOf(cohort.within, now);
  if ("firstTime" in cohort) {
    const firstMs = Math.min(...timesOf(own, cohort.firstTime));
    return firstMs !== Infinity && fromMs <= firstMs && firstMs < toMs;
  }
  const times = timesOf(own, cohort.did).filter((timeMs) => fromMs <= timeMs && timeMs < toMs);
  const { op, value } = cohort.times ?? { op: "gte", value: 1 };
  if (op === "gte") return times.length >= value;
  return op === "lte" ? times.length <= value : times.length === value;
}

function timesOf(own: readonly ReferenceEvent[], select: EventSelect): number[] {
  return own.filter((event) => isSelected(event, select)).map(({ timeMs }) => timeMs);
}

function windowOf(within: string | undefined, { asOfMs }: ReferenceNow) {
  if (within === undefined) return { fromMs: -Infinity, toMs: Infinity };
  return { fromMs: asOfMs - spanMsOf(within), toMs: asOfMs };
}

/** On how many of the last days, the one that ends at asOf or holds it among them. */
function activeDays(
  own: readonly ReferenceEvent[],
  { active, of }: { readonly active: EventSelect; readonly of: number },
  { asOfMs, timezone }: ReferenceNow,
): number {
  const range = { fromMs: asOfMs - (of + 3) * DAY_MS, toMs: asOfMs, timezone };
  const days = intervalsOf({ unit: "day" }, range).slice(-of);
  const times = timesOf(own, active);
  return days.filter(({ startMs, endMs }) =>
    times.some((timeMs) => startMs <= timeMs && timeMs < endMs),
  ).length;
}

interface FunnelCohort {
  readonly funnel: FunnelQuery;
  readonly reached?: number | undefined;
  readonly droppedAt?: number | undefined;
}

/** By the funnel of this user alone. */
function isInFunnel(
  own: readonly ReferenceEvent[],
  { funnel, reached, droppedAt }: FunnelCohort,
  { asOfMs }: ReferenceNow,
): boolean {
  const { steps } = funnelOf(own, funnel, asOfMs);
  return droppedAt === undefined
    ? countOfStep(funnel, steps, reached ?? funnel.steps.length, "reached") > 0
    : countOfStep(funnel, steps, droppedAt, "dropped") > 0;
}
