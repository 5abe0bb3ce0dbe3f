import type { By, FunnelAnswer, SegmentValue } from "@shale/model";
import { compareValues } from "../reference-segmentation.ts";
import { attributed } from "./attributed-values.ts";
import type { Attempt } from "./funnel-attempt.ts";
import type { FunnelPlan } from "./funnel-plan.ts";
import { answerSteps } from "./funnel-steps.ts";

const LIMIT = 10;

/** Every combination of one value for each key. */
function combinationsOf(keys: readonly SegmentValue[][]): SegmentValue[][] {
  return keys.reduce<SegmentValue[][]>(
    (partial, values) => partial.flatMap((left) => values.map((value) => [...left, value])),
    [[]],
  );
}

interface Found {
  readonly by: SegmentValue[];
  readonly attempts: Attempt[];
}

/** `users`: the attempts of each user, in order. */
export function segmentsOf(
  plan: FunnelPlan,
  users: readonly (readonly Attempt[])[],
  by: readonly By[],
): NonNullable<FunnelAnswer["segments"]> {
  const keysOf = (attempt: Attempt): SegmentValue[][] =>
    combinationsOf(by.map((key) => attributed(plan, attempt, key)));
  const segments = new Map<string, Found>();
  for (const attempts of users) {
    const own = new Set<string>();
    for (const attempt of attempts.filter(({ isRemoved }) => !isRemoved)) {
      for (const values of keysOf(attempt)) {
        const key = JSON.stringify(values);
        // A user is counted once in a segment, by the first attempt there.
        if (!plan.isTotals && own.has(key)) continue;
        own.add(key);
        const segment = segments.get(key) ?? { by: values, attempts: [] };
        segment.attempts.push(attempt);
        segments.set(key, segment);
      }
    }
  }
  const ranked = [...segments.values()].sort((a, b) => {
    const differing = a.by.findIndex((value, key) => value !== b.by[key]);
    return (
      b.attempts.length - a.attempts.length ||
      compareValues(a.by[differing] ?? null, b.by[differing] ?? null)
    );
  });
  const limit = plan.query.limit ?? LIMIT;
  const answer: NonNullable<FunnelAnswer["segments"]> = ranked
    .slice(0, limit)
    .map((segment) => ({ by: segment.by, steps: answerSteps(plan, segment.attempts) }));
  const rest = new Set(ranked.slice(limit).map((segment) => JSON.stringify(segment.by)));
  if (rest.size === 0) return answer;
  const others = users.flatMap((attempts) => {
    const own = attempts.filter(
      (attempt) =>
        !attempt.isRemoved && keysOf(attempt).some((values) => rest.has(JSON.stringify(values))),
    );
    return plan.isTotals ? own : own.slice(0, 1);
  });
  answer.push({ by: [], other: true, steps: answerSteps(plan, others) });
  return answer;
}
