import type { FunnelAnswer } from "@shale/model";
import { intervalAt } from "../../calendar/interval-at.ts";
import type { Intervals } from "../../calendar/plan-intervals.ts";
import type { MemoryBudget } from "../../segmentation/memory-budget.ts";
import type { FunnelPlan } from "../funnel-plan.ts";
import { growingU32 } from "../rows/growing-columns.ts";
import type { UserEvents } from "../rows/user-events.ts";
import { answerSteps } from "./answer-steps.ts";
import type { AttemptTable } from "./attempt-table.ts";
import { createAttemptTable } from "./attempt-table.ts";

/** The attempts of a trend, by interval. */
export interface FunnelTrend {
  readonly table: AttemptTable;
  /** Says in which interval the attempt that was added last is. */
  place(interval: number): void;
  /** The intervals of events that can begin an attempt, ascending. */
  intervalsOf(events: UserEvents): number[];
  answer(): NonNullable<FunnelAnswer["trend"]>;
}

export function createFunnelTrend(
  plan: FunnelPlan,
  intervals: Intervals,
  budget: MemoryBudget,
): FunnelTrend {
  const table = createAttemptTable(budget);
  const places = growingU32();
  const holder = {};
  return {
    table,
    place(interval) {
      places.push(interval);
      budget.hold(holder, places.byteCount);
    },
    intervalsOf(events) {
      const found: number[] = [];
      for (let event = 0; event < events.count; event++) {
        if (!events.isEntry(event)) continue;
        const interval = intervalAt(intervals, events.timesMs[event] ?? 0);
        if (interval !== found.at(-1)) found.push(interval);
      }
      return found;
    },
    answer() {
      const lists = Array.from({ length: intervals.count }, (): number[] => []);
      for (let attempt = 0; attempt < places.length; attempt++) {
        lists[places.numbers[attempt] ?? 0]?.push(attempt);
      }
      return lists.map((attempts, interval) => ({
        interval: intervals.labels[interval] ?? "",
        steps: answerSteps(plan, table, attempts),
      }));
    },
  };
}
