import { unreachable } from "@shale/model";
import type { Intervals } from "../calendar/plan-intervals.ts";
import type { CohortMembers } from "../cohort/cohort-members.ts";
import type { RowSelect } from "../filter/row-select.ts";
import { compileSelect } from "../filter/row-select.ts";
import type { ParsedSegmentation, ParsedSeries } from "../parse/parsed-query.ts";
import { SESSION_MS_MAX } from "../sessions/track-sessions.ts";
import { planActiveDays } from "./counters/active-days.ts";
import type { UserRule } from "./counters/count-users.ts";
import type { Counter } from "./counters/counter.ts";
import { counterOf } from "./counters/create-counter.ts";
import type { SlotPlan } from "./counters/slot-plan.ts";
import { chosenPlan, segmentPlan, wholePlan } from "./counters/slot-plan.ts";
import type { RunsReader } from "./interval-runs.ts";
import { createRunsReader } from "./interval-runs.ts";
import type { MemoryBudget } from "./memory-budget.ts";
import { createSessionReader } from "./row-sessions.ts";
import type { SegmentSpace } from "./segment-space.ts";
import type { SegmentationTask } from "./segmentation-part.ts";

/** What is counted of one series in one pass over the rows. */
export interface SeriesPass {
  readonly series: ParsedSeries;
  readonly select: RowSelect;
  readonly source: RowSource;
  readonly overall: Counter | undefined;
  readonly segmented: Counter | undefined;
}

/** Which rows a measure looks at, and how they are told apart. */
export interface RowSource {
  readonly fromMs: number;
  readonly toMs: number;
  readonly reader: RunsReader;
  readonly activeRule: UserRule | undefined;
}

export interface PassOptions {
  readonly cohorts: CohortMembers;
  readonly intervals: Intervals;
  readonly space: SegmentSpace | undefined;
  readonly budget: MemoryBudget;
  /** Where sessions are read from. */
  readonly sessionsFromMs: number;
}

export function createPasses(
  parsed: ParsedSegmentation,
  task: SegmentationTask,
  options: PassOptions,
): SeriesPass[] {
  const { cohorts, intervals, space, budget } = options;
  const sessionsOf = createSessionReader(parsed, options);
  function passOf(series: ParsedSeries, plans: { whole?: SlotPlan; segments?: SlotPlan }) {
    const { measure } = series;
    const source = sourceOf(parsed, series, options);
    const { activeRule } = source;
    const shared = { measure, intervalCount: intervals.count, budget, activeRule, sessionsOf };
    return {
      series,
      select: compileSelect(series.select, cohorts),
      source,
      overall: plans.whole && counterOf({ ...shared, plan: plans.whole, keepsAll: true }),
      segmented:
        plans.segments &&
        counterOf({ ...shared, plan: plans.segments, keepsAll: task.phase === "others" }),
    };
  }
  switch (task.phase) {
    case "count":
      return parsed.series.map((series) =>
        passOf(series, { whole: wholePlan, ...(space && { segments: segmentPlan(space) }) }),
      );
    case "others":
      return task.views.flatMap(({ series: index, chosen }) => {
        const series = parsed.series[index];
        if (series === undefined || space === undefined) return [];
        return [passOf(series, { segments: chosenPlan(space, chosen) })];
      });
    default:
      return unreachable(task);
  }
}

function sourceOf(
  parsed: ParsedSegmentation,
  { measure }: ParsedSeries,
  { intervals, sessionsFromMs }: PassOptions,
): RowSource {
  switch (measure.kind) {
    case "active": {
      const { days, fromMs, toMs, rule } = planActiveDays(parsed, intervals, measure.days);
      const reader = createRunsReader({ intervals: days, fromMs, toMs });
      return { fromMs, toMs, reader, activeRule: rule };
    }
    case "sessions": {
      // A session that began in the range may go on behind it.
      const [fromMs, toMs] = [sessionsFromMs, parsed.toMs + SESSION_MS_MAX];
      const whole = { count: 1, startsMs: Float64Array.of(fromMs, toMs), labels: [""] };
      const reader = createRunsReader({ intervals: whole, fromMs, toMs });
      return { fromMs, toMs, reader, activeRule: undefined };
    }
    default: {
      const { fromMs, toMs } = parsed;
      const reader = createRunsReader({ intervals, fromMs, toMs });
      return { fromMs, toMs, reader, activeRule: undefined };
    }
  }
}
