import type { TimeUnit } from "@shale/model";
import { DAY_MS } from "@shale/model";
import type { Intervals } from "../calendar/plan-intervals.ts";
import { planIntervals } from "../calendar/plan-intervals.ts";
import type { ParsedRetention } from "../parse/parsed-query.ts";
import type { BracketTable } from "./bracket-table.ts";
import { bracketTableOf } from "./bracket-table.ts";

/** What a retention counts, and which rows it needs for that. */
export interface RetentionPlan {
  readonly parsed: ParsedRetention;
  readonly brackets: BracketTable;
  /** Length of a bucket of the rolling clock. */
  readonly unitMs: number;
  readonly cohortCount: number;
  /**
   * The cohorts; for the calendar clock also the buckets of the last cohort and at least one
   * interval behind them: what comes later is as good as in that one.
   */
  readonly intervals: Intervals;
  /** Returns from here on do not count. */
  readonly returnsToMs: number;
  readonly scan: { readonly fromMs: number; readonly toMs: number };
  isComplete(cohort: number, bracket: number): boolean;
}

/** The rolling clock: a month is 30 times 24 hours. */
const ROLLING_MS = {
  minute: 60_000,
  hour: 3_600_000,
  day: DAY_MS,
  week: 7 * DAY_MS,
  month: 30 * DAY_MS,
} as const satisfies Record<TimeUnit, number>;

/** @throws {ShaleError} QUERY_INVALID at `unit` for more than 100,000 intervals */
export function planRetention(parsed: ParsedRetention, asOfMs: number): RetentionPlan {
  const { fromMs, toMs, clock, mode, unit } = parsed;
  const brackets = bracketTableOf(parsed.brackets);
  const cohorts = planIntervals(parsed);
  const cohortCount = cohorts.count;
  const isRolling = clock === "rolling";
  const intervals = isRolling ? cohorts : intervalsAhead(parsed, cohorts, brackets);
  const unitMs = ROLLING_MS[unit];
  /** Where the bucket of the latest birth of a cohort ends. */
  function endOf(cohort: number, bucket: number): number {
    if (!isRolling) return intervals.startsMs[cohort + bucket + 1] ?? 0;
    return Math.min(toMs, intervals.startsMs[cohort + 1] ?? 0) + (bucket + 1) * unitMs;
  }
  const isUnbounded = mode === "onOrAfter";
  const lastMs = isUnbounded ? asOfMs : endOf(cohortCount - 1, brackets.lastBucket);
  const needsHistory = parsed.cohort === "firstEver" || parsed.cohort === "firstMatching";
  return {
    parsed,
    brackets,
    unitMs,
    cohortCount,
    intervals,
    returnsToMs: isUnbounded ? asOfMs : Number.POSITIVE_INFINITY,
    scan: {
      fromMs: needsHistory ? Number.NEGATIVE_INFINITY : fromMs,
      toMs: Math.max(toMs, lastMs),
    },
    isComplete: (cohort, bracket) => asOfMs >= endOf(cohort, brackets.lasts[bracket] ?? 0),
  };
}

/** The intervals of the cohorts and those that their buckets reach into. */
function intervalsAhead(
  parsed: ParsedRetention,
  cohorts: Intervals,
  { lastBucket }: BracketTable,
): Intervals {
  const wanted = cohorts.count + lastBucket + 1;
  let { toMs } = parsed;
  let intervals = cohorts;
  while (intervals.count < wanted) {
    toMs += (wanted - intervals.count) * ROLLING_MS[parsed.unit];
    intervals = planIntervals({ ...parsed, toMs });
  }
  return intervals;
}
