import type { By, Filter, SegmentValue } from "@shale/model";
import type { ReferenceEvent } from "../reference-event.ts";
import { satisfies } from "../reference-filter.ts";
import { valuesOf } from "../reference-segmentation.ts";
import type { Attempt } from "./funnel-attempt.ts";
import type { FunnelPlan } from "./funnel-plan.ts";

/** The values that one key gives an attempt, by the attribution of the query. */
export function attributed(plan: FunnelPlan, attempt: Attempt, by: By): SegmentValue[] {
  if (plan.query.attribution !== "allSteps") {
    const event = attributedEvent(plan, attempt, by);
    return event === undefined ? [null] : valuesOf(event, by);
  }
  const [first = [null], ...others] = matchedEvents(attempt).map((event) => valuesOf(event, by));
  return first.filter((value) => others.every((own) => own.includes(value)));
}

function matchedEvents({ matched }: Attempt): ReferenceEvent[] {
  return matched.flatMap((seen) => (seen === undefined ? [] : [seen.event]));
}

/** The event that names the value of a key; undefined: no event that may has one. */
function attributedEvent(
  { query }: FunnelPlan,
  attempt: Attempt,
  by: By,
): ReferenceEvent | undefined {
  const { attribution = "firstDefined" } = query;
  const step = typeof attribution === "object" ? attribution.step : undefined;
  const asked = step === undefined ? attempt.matched : attempt.matched.slice(step - 1, step);
  const defined = matchedEvents({ ...attempt, matched: asked }).filter((event) =>
    valuesOf(event, by).some((value) => value !== null),
  );
  return attribution === "lastDefined" ? defined.at(-1) : defined[0];
}

/** Whether the attributed values of an attempt satisfy the filter on attempts. */
export function counts(plan: FunnelPlan, attempt: Attempt): boolean {
  const { attemptWhere, attribution } = plan.query;
  if (attemptWhere === undefined) return true;
  const events = matchedEvents(attempt);
  if (attribution === "allSteps") return events.every((event) => satisfies(event, attemptWhere));
  return attributedSatisfies(plan, attempt, attemptWhere);
}

function attributedSatisfies(plan: FunnelPlan, attempt: Attempt, filter: Filter): boolean {
  const inner = (one: Filter): boolean => attributedSatisfies(plan, attempt, one);
  if ("all" in filter) return filter.all.every(inner);
  if ("any" in filter) return filter.any.some(inner);
  if ("not" in filter) return !inner(filter.not);
  if ("cohort" in filter) return satisfies(attempt.entry.event, filter);
  const event = attributedEvent(plan, attempt, filter.property);
  if (event !== undefined) return satisfies(event, filter);
  const nothing = { ...attempt.entry.event, properties: {} };
  return satisfies(nothing, { ...filter, property: "absent" });
}
