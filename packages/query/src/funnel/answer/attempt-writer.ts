import type { FunnelPlan } from "../funnel-plan.ts";
import type { UserEvents } from "../rows/user-events.ts";
import type { Attempt } from "../walk/attempt.ts";
import type { MatchedEvents } from "../walk/optional-steps.ts";
import { matchSteps } from "../walk/optional-steps.ts";
import type { AttemptTable } from "./attempt-table.ts";

/** Brings attempts, as walks leave them, into tables. */
export interface AttemptWriter {
  /** The events of the attempt that was matched last; only where the plan needs events. */
  readonly matched: MatchedEvents;
  /** Finds the events that stand for the steps of an attempt, and when each was reached. */
  match(attempt: Attempt): void;
  /**
   * Writes the attempt that was matched last, and returns its number in the table.
   *
   * @throws {ShaleError} MEMORY_EXCEEDED
   */
  write(attempt: Attempt, user: number, table: AttemptTable): number;
}

export function createAttemptWriter(plan: FunnelPlan, events: UserEvents): AttemptWriter {
  const matched = new Int32Array(plan.stepCount);
  const reachedMs = new Float64Array(plan.stepCount);
  const isAny = plan.parsed.order === "any";

  function takeMatched(attempt: Attempt): void {
    matchSteps(plan, events, attempt, matched);
    for (let step = 0; step < matched.length; step++) {
      const event = matched[step] ?? -1;
      if (event >= 0) reachedMs[step] = events.groupsMs[events.groupOf[event] ?? 0] ?? 0;
    }
  }
  return {
    matched,
    match(attempt) {
      reachedMs.fill(Number.NaN);
      if (plan.needsEvents && !isAny) {
        takeMatched(attempt);
        return;
      }
      matched.fill(-1);
      for (let level = 0; level < attempt.level; level++) {
        reachedMs[level] = events.groupsMs[attempt.groups[level] ?? 0] ?? 0;
        matched[level] = attempt.chosen[level] ?? -1;
      }
    },
    write(attempt, user, table) {
      table.add(user, reachedMs, attempt.isPending);
      return table.count - 1;
    },
  };
}
