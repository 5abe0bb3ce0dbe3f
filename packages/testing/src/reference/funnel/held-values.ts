import { propertyOf } from "../reference-filter.ts";
import type { FunnelPlan, Seen } from "./funnel-plan.ts";

/** What an event holds constant; undefined: it lacks a property, so that nothing can hold. */
function heldBy(plan: FunnelPlan, { event }: Seen): string | undefined {
  const values = plan.held.map((name) => {
    const value = propertyOf(event, name) ?? null;
    if (typeof value !== "object" || value === null) return value;
    // A list of one value is that value; other lists hold only against the same list.
    const distinct = [...new Set(value)];
    return distinct.length <= 1 ? (distinct[0] ?? null) : value;
  });
  return values.includes(null) ? undefined : JSON.stringify(values);
}

export function isHeld(plan: FunnelPlan, entry: Seen): boolean {
  return plan.held.length === 0 || heldBy(plan, entry) !== undefined;
}

/** The events that may follow an entry, itself included. */
export function heldWith(plan: FunnelPlan, entry: Seen, events: readonly Seen[]): Seen[] {
  if (plan.held.length === 0) return [...events];
  const held = heldBy(plan, entry);
  return events.filter(
    (seen) => seen === entry || (held !== undefined && heldBy(plan, seen) === held),
  );
}
