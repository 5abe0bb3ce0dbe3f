import type { FunnelAnswerStep, TimeToConvert } from "@shale/model";
import type { FunnelPlan } from "../funnel-plan.ts";
import type { AttemptTable } from "./attempt-table.ts";
import { timesToConvert } from "./time-to-convert.ts";

/** What became of some attempts of a table, step by step. */
export function answerSteps(
  plan: FunnelPlan,
  table: AttemptTable,
  attempts: Iterable<number>,
): FunnelAnswerStep[] {
  const { stepCount } = plan;
  const previous = previousSteps(plan);
  const counts = new Float64Array(stepCount);
  const pending = new Float64Array(stepCount);
  const fromPrevious = Array.from({ length: stepCount }, (): number[] => []);
  const fromFirst = Array.from({ length: stepCount }, (): number[] => []);
  for (const attempt of attempts) {
    const length = table.lengthOf(attempt);
    let required = 0;
    for (let step = 0; step < length; step++) {
      const sinceMs = table.sinceEntryMs(attempt, step);
      if (Number.isNaN(sinceMs)) continue;
      counts[step] = (counts[step] ?? 0) + 1;
      if (step > 0) {
        fromFirst[step]?.push(sinceMs);
        fromPrevious[step]?.push(sinceMs - table.sinceEntryMs(attempt, previous[step] ?? 0));
      }
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
    ...(step > 0 && timesOf(fromPrevious[step], fromFirst[step])),
  }));
}

function timesOf(
  fromPrevious: number[] = [],
  fromFirst: number[] = [],
): { timeFromPreviousMs: TimeToConvert; timeFromFirstMs: TimeToConvert } {
  return {
    timeFromPreviousMs: timesToConvert(fromPrevious),
    timeFromFirstMs: timesToConvert(fromFirst),
  };
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
