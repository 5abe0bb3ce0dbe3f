import type { FunnelPlan } from "../funnel-plan.ts";
import type { Attempts } from "./attempt-table.ts";

export type StepOutcome = "reached" | "dropped" | "pending";

/**
 * What became of an attempt at a step, from 0; undefined: it did not come to the step before.
 * Of the attempts that did, each is in one of the three, at every step.
 */
export function outcomeAt(
  plan: FunnelPlan,
  table: Attempts,
  { attempt, step }: { readonly attempt: number; readonly step: number },
): StepOutcome | undefined {
  const isReached = (at: number): boolean =>
    at < table.lengthOf(attempt) && !Number.isNaN(table.sinceEntryMs(attempt, at));
  if (isReached(step)) return "reached";
  const before = previousStep(plan, step);
  if (step === 0 || !isReached(before)) return undefined;
  const next = plan.required.find((required) => required > before);
  const isLast = next === undefined || !isReached(next);
  return isLast && table.isPending(attempt) ? "pending" : "dropped";
}

/** The last required step before another, to which its rate refers; 0 for the first. */
export function previousStep({ required }: FunnelPlan, step: number): number {
  return required.findLast((one) => one < step) ?? 0;
}
