import type { FunnelAnswerStep, TimeToConvert } from "@shale/model";
import type { Attempt } from "./funnel-attempt.ts";
import type { FunnelPlan } from "./funnel-plan.ts";

/** The steps of an answer: what became of these attempts. */
export function answerSteps(plan: FunnelPlan, attempts: readonly Attempt[]): FunnelAnswerStep[] {
  return plan.steps.map((_, index) => {
    const previous = previousOf(plan, index);
    const reached = attempts.filter(({ reachedMs }) => reachedMs[index] !== undefined);
    const countAt = (at: number): number =>
      attempts.filter(({ reachedMs }) => reachedMs[at] !== undefined).length;
    const answer = {
      label: labelOf(plan, index),
      count: reached.length,
      fromFirst: rate(reached.length, countAt(0)),
      fromPrevious: rate(reached.length, countAt(previous)),
      pending: attempts.filter((attempt) => isWaiting(attempt, { index, previous, plan })).length,
    };
    if (index === 0) return { ...answer, fromPrevious: answer.fromFirst };
    const since = (at: number): number[] =>
      reached.map(({ reachedMs }) => Number(reachedMs[index]) - Number(reachedMs[at]));
    return {
      ...answer,
      timeFromPreviousMs: timesOf(since(previous)),
      timeFromFirstMs: timesOf(since(0)),
    };
  });
}

/** The step that a rate of a step refers to: the last required one before it. */
function previousOf({ order, required }: FunnelPlan, index: number): number {
  if (order === "any") return Math.max(index - 1, 0);
  return Math.max(...required.filter((step) => step <= index), 1) - 1;
}

/** Whether a pending attempt stands right before the step. */
function isWaiting(
  { isPending, reachedMs }: Attempt,
  { index, previous, plan }: { index: number; previous: number; plan: FunnelPlan },
): boolean {
  if (!isPending || index === 0 || reachedMs[index] !== undefined) return false;
  const later = plan.order === "any" ? [] : plan.required.filter((step) => step > previous + 1);
  return (
    reachedMs[previous] !== undefined && !later.some((step) => reachedMs[step - 1] !== undefined)
  );
}

function labelOf({ steps, order }: FunnelPlan, index: number): string {
  if (order === "any") return `${index + 1} of ${steps.length} done`;
  const { label, event } = steps[index] ?? {};
  return label ?? (typeof event === "string" ? event : (event?.join(", ") ?? "any event"));
}

function rate(count: number, of: number): number | null {
  return of === 0 ? null : count / of;
}

/** Nearest rank: the least value with at least that share of the values at or below it. */
function timesOf(times: readonly number[]): TimeToConvert {
  const sorted = [...times].sort((a, b) => a - b);
  const rank = (share: number): number | null =>
    sorted[Math.max(Math.ceil((share * sorted.length) / 100), 1) - 1] ?? null;
  const sum = times.reduce((total, time) => total + time, 0);
  return { avg: rate(sum, times.length), median: rank(50), p90: rank(90) };
}
