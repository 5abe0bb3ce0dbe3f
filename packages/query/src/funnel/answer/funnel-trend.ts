import type { FunnelAnswer } from "@shale/model";
import { intervalAt } from "../../calendar/interval-at.ts";
import type { Intervals } from "../../calendar/plan-intervals.ts";
import { growingU32 } from "../../rows/growing-columns.ts";
import type { MemoryBudget } from "../../segmentation/memory-budget.ts";
import type { FunnelPlan } from "../funnel-plan.ts";
import type { UserEvents } from "../rows/user-events.ts";
import { answerSteps } from "./answer-steps.ts";
import type { AttemptColumns, AttemptTable } from "./attempt-table.ts";
import { createAttemptTable, joinAttempts } from "./attempt-table.ts";

/** The attempts of a trend, by interval. */
export interface FunnelTrend {
  readonly table: AttemptTable;
  /** Says in which interval the attempt that was added last is. */
  place(interval: number): void;
  /** The intervals of events that can begin an attempt, ascending. */
  intervalsOf(events: UserEvents): number[];
  readonly part: FunnelTrendPart;
}

/** Attempts and the interval that each is in. */
export interface FunnelTrendPart {
  readonly attempts: AttemptColumns;
  readonly intervals: Uint32Array;
}

export function createFunnelTrend(intervals: Intervals, budget: MemoryBudget): FunnelTrend {
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
    get part() {
      return {
        attempts: table.columns,
        intervals: places.numbers.slice(0, places.length),
      };
    },
  };
}

export function answerTrend(
  plan: FunnelPlan,
  intervals: Intervals,
  parts: readonly FunnelTrendPart[],
): NonNullable<FunnelAnswer["trend"]> {
  const attempts = joinAttempts(parts.map((part) => part.attempts));
  const lists = Array.from({ length: intervals.count }, (): number[] => []);
  let attempt = 0;
  for (const part of parts) {
    for (const interval of part.intervals) lists[interval]?.push(attempt++);
  }
  return lists.map((list, interval) => ({
    interval: intervals.labels[interval] ?? "",
    steps: answerSteps(plan, attempts, list),
  }));
}
