import type { FunnelAnswerStep, FunnelQuery } from "@shale/model";

/** How many attempts came to an end, or did not, at a step of a funnel; steps count from 1. */
export function countOfStep(
  { steps: asked }: FunnelQuery,
  steps: readonly FunnelAnswerStep[],
  step: number,
  outcome: "reached" | "dropped" | "pending",
): number {
  const { count = 0, pending = 0 } = steps[step - 1] ?? {};
  if (outcome === "reached") return count;
  if (outcome === "pending") return pending;
  if (step === 1) return 0;
  let before = step - 1;
  while (asked[before - 1]?.optional === true) before--;
  return (steps[before - 1]?.count ?? 0) - count - pending;
}
