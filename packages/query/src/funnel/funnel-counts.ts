import type { FunnelAnswer } from "@shale/model";
import { intervalAt } from "../calendar/interval-at.ts";
import type { Intervals } from "../calendar/plan-intervals.ts";
import type { KeyCells } from "../segmentation/key-cells.ts";
import type { MemoryBudget } from "../segmentation/memory-budget.ts";
import { answerSteps } from "./answer/answer-steps.ts";
import { createAttemptSegments } from "./answer/attempt-segments.ts";
import type { AttemptTable } from "./answer/attempt-table.ts";
import { createAttemptTable } from "./answer/attempt-table.ts";
import type { FunnelTrend } from "./answer/funnel-trend.ts";
import { createSegmentAttempts } from "./answer/segment-attempts.ts";
import type { FunnelPlan } from "./funnel-plan.ts";
import { growingU32 } from "./rows/growing-columns.ts";
import type { RowKinds } from "./rows/row-kinds.ts";
import type { ShardRows } from "./rows/shard-rows.ts";
import { createUserEvents } from "./rows/user-events.ts";
import type { Attempt } from "./walk/attempt.ts";
import { createOptimizedWalk } from "./walk/optimized-walk.ts";
import { matchSteps } from "./walk/optional-steps.ts";
import { createSequentialWalk } from "./walk/sequential-walk.ts";
import { createTiedEvents } from "./walk/tied-events.ts";

export interface FunnelCounts {
  /** Walks the users whose rows were gathered; yields now and then, for others to run. */
  walk(): Generator<void>;
  answer(): Omit<FunnelAnswer, "meta">;
}

export interface FunnelCountsOptions {
  readonly plan: FunnelPlan;
  readonly kinds: RowKinds;
  readonly rows: ShardRows;
  readonly keys: readonly KeyCells[];
  readonly trend: FunnelTrend | undefined;
  readonly intervals: Intervals | undefined;
  readonly budget: MemoryBudget;
}

/** Events that are walked between two yields. */
const EVENTS_AT_ONCE = 20_000;

export function createFunnelCounts(options: FunnelCountsOptions): FunnelCounts {
  const { plan, kinds, rows, keys, trend, intervals, budget } = options;
  const { parsed, fromMs, toMs } = plan;
  const events = createUserEvents(plan, kinds);
  const tied = createTiedEvents(plan, events);
  const walkUser = plan.isOptimized
    ? createOptimizedWalk(plan, events, tied)
    : createSequentialWalk(plan, events, tied);
  const table = createAttemptTable(budget);
  /** The attempts of the whole; the others are there for segments only. */
  const overall = growingU32();
  const segments = keys.length === 0 ? undefined : createAttemptSegments(plan, keys, rows);
  const segmented = segments && createSegmentAttempts({ plan, table, segments, budget });
  const matched = new Int32Array(plan.stepCount);
  const reachedMs = new Float64Array(plan.stepCount);
  const isTotals = parsed.count === "totals";
  let userCount = 0;

  function addTo(target: AttemptTable, attempt: Attempt): number {
    reachedMs.fill(Number.NaN);
    if (plan.needsEvents && parsed.order !== "any") {
      matchSteps(plan, events, attempt, matched);
      for (let step = 0; step < matched.length; step++) {
        const event = matched[step] ?? -1;
        if (event >= 0) reachedMs[step] = events.groupsMs[events.groupOf[event] ?? 0] ?? 0;
      }
    } else {
      for (let level = 0; level < attempt.level; level++) {
        reachedMs[level] = events.groupsMs[attempt.groups[level] ?? 0] ?? 0;
      }
    }
    target.add(userCount, reachedMs, attempt.isPending);
    return target.count - 1;
  }
  function walkOverall(): void {
    const own = new Set<number>();
    let isFirst = true;
    walkUser((attempt) => {
      const counts = isTotals || isFirst;
      isFirst = false;
      if (attempt.isRemoved) return isTotals || segmented !== undefined;
      const added = addTo(table, attempt);
      if (counts) {
        overall.push(added);
        if (parsed.trend?.mode === "byEntry") placeByEntry(attempt);
      }
      for (const segment of segments?.of(events, matched) ?? []) {
        // A user is once in a segment, by the first attempt there.
        if (!isTotals && own.has(segment)) continue;
        own.add(segment);
        segmented?.add(added, segment);
      }
      return isTotals || segmented !== undefined;
    });
  }
  function placeByEntry(attempt: Attempt): void {
    if (trend === undefined || intervals === undefined) return;
    addTo(trend.table, attempt);
    trend.place(intervalAt(intervals, events.timesMs[attempt.entry] ?? 0));
  }
  /** A funnel of its own for each interval, into which only events of the interval lead. */
  function walkIntervals(): void {
    if (trend === undefined || intervals === undefined) return;
    for (const interval of trend.intervalsOf(events)) {
      const startMs = intervals.startsMs[interval] ?? 0;
      const endMs = intervals.startsMs[interval + 1] ?? 0;
      events.setEntries(Math.max(startMs, fromMs), Math.min(endMs, toMs));
      walkUser((attempt) => {
        if (attempt.isRemoved) return isTotals;
        addTo(trend.table, attempt);
        trend.place(interval);
        return isTotals;
      });
    }
  }
  return {
    *walk() {
      const order = rows.byUser();
      let walked = 0;
      for (let user = 0; user + 1 < order.starts.length; user++) {
        const start = order.starts[user] ?? 0;
        const end = order.starts[user + 1] ?? 0;
        if (start === end) continue;
        events.load(rows, order.rows.subarray(start, end));
        events.setEntries(fromMs, toMs);
        walkOverall();
        if (parsed.trend?.mode === "perInterval") walkIntervals();
        userCount++;
        walked += end - start;
        if (walked < EVENTS_AT_ONCE) continue;
        walked = 0;
        yield;
      }
    },
    answer() {
      const attempts = overall.numbers.subarray(0, overall.length);
      return {
        kind: "funnel",
        order: parsed.order,
        steps: answerSteps(plan, table, attempts),
        ...(segmented && { segments: segmented.answer() }),
        ...(trend && parsed.trend && { trendMode: parsed.trend.mode, trend: trend.answer() }),
      };
    },
  };
}
