import type { FunnelAnswerStep, TimeToConvert } from "@shale/model";
import type { FunnelPlan } from "../funnel-plan.ts";
import type { Attempts } from "./attempt-table.ts";
import { timesToConvert } from "./time-to-convert.ts";

/** What became of some of the attempts, step by step. */
export function answerSteps(
  plan: FunnelPlan,
  table: Attempts,
  attempts: Uint32Array | readonly number[],
): FunnelAnswerStep[] {
  const { stepCount } = plan;
  const previous = previousSteps(plan);
  const counts = new Float64Array(stepCount);
  const pending = new Float64Array(stepCount);
  for (const attempt of attempts) {
    const length = table.lengthOf(attempt);
    let required = 0;
    for (let step = 0; step < length; step++) {
      const sinceMs = table.sinceEntryMs(attempt, step);
      if (Number.isNaN(sinceMs)) continue;
      counts[step] = (counts[step] ?? 0) + 1;
      if (isRequired(plan, step)) required = step;
    }
    if (!table.isPending(attempt)) continue;
    for (let step = required + 1; step < stepCount && previous[step] === required; step++) {
      const isReached = step < length && !Number.isNaN(table.sinceEntryMs(attempt, step));
      if (!isReached) pending[step] = (pending[step] ?? 0) + 1;
    }
  }
  return Array.from({ length: stepCount }, (_, step) => ({
    label: labelOf(plan, step),
    count: counts[step] ?? 0,
    fromFirst: rate(counts[step], counts[0]),
    fromPrevious: rate(counts[step], counts[previous[step] ?? 0]),
    pending: pending[step] ?? 0,
    ...(step > 0 && {
      timeFromPreviousMs: timesFrom(previous[step] ?? 0, step),
      timeFromFirstMs: timesFrom(0, step),
    }),
  }));

  /** One list of times at a time: they are as many as the attempts. */
  function timesFrom(from: number, step: number): TimeToConvert {
    const timesMs = new Float64Array(counts[step] ?? 0);
    let count = 0;
    for (const attempt of attempts) {
      if (step >= table.lengthOf(attempt)) continue;
      const sinceMs = table.sinceEntryMs(attempt, step);
      if (!Number.isNaN(sinceMs)) timesMs[count++] = sinceMs - table.sinceEntryMs(attempt, from);
    }
    return timesToConvert(timesMs);
  }
}

/** By step: the last required one before it, to which its rate refers; 0 for the first. */
function previousSteps(plan: FunnelPlan): Int32Array {
  const previous = new Int32Array(plan.stepCount);
  for (let step = 1; step < plan.stepCount; step++) {
    previous[step] = isRequired(plan, step - 1) ? step - 1 : (previous[step - 1] ?? 0);
  }
  return previous;
}

function isRequired({ parsed }: FunnelPlan, step: number): boolean {
  return parsed.steps[step]?.optional === false;
}

function labelOf({ parsed, stepCount }: FunnelPlan, step: number): string {
  if (parsed.order === "any") return `${step + 1} of ${stepCount} done`;
  return parsed.steps[step]?.label ?? "";
}

function rate(count = 0, of = 0): number | null {
  return of === 0 ? null : count / of;
}
