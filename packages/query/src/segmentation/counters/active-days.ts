import { DAY_MS } from "@shale/model";
import { intervalAt } from "../../calendar/interval-at.ts";
import type { Intervals } from "../../calendar/plan-intervals.ts";
import { planIntervals } from "../../calendar/plan-intervals.ts";
import type { ParsedSegmentation } from "../../parse/parsed-query.ts";
import type { UserRule } from "./count-users.ts";

/** Local days, and which of them the intervals of a query look back on. */
export interface ActiveDays {
  readonly days: Intervals;
  /** By interval: the day of its last ms. */
  readonly lastDays: Uint32Array;
  /** All the days that any interval looks back on. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly rule: UserRule;
}

/**
 * Users active in the `dayCount` local days that end with the last day of each interval, that day
 * up to its end. So an interval may look at days before and behind the range.
 */
export function planActiveDays(
  parsed: ParsedSegmentation,
  intervals: Intervals,
  dayCount: number,
): ActiveDays {
  const { fromMs, toMs } = parsed;
  // Dates that a zone skipped are no days, so a few more.
  const days = planIntervals({ ...parsed, unit: "day", fromMs: fromMs - (dayCount + 3) * DAY_MS });
  const lastDays = Uint32Array.from({ length: intervals.count }, (_, interval) =>
    intervalAt(days, Math.min(intervals.startsMs[interval + 1] ?? toMs, toMs) - 1),
  );
  const firstDay = Math.max(0, (lastDays[0] ?? 0) - dayCount + 1);
  const lastDay = lastDays[intervals.count - 1] ?? 0;
  return {
    days,
    lastDays,
    fromMs: days.startsMs[firstDay] ?? fromMs,
    toMs: days.startsMs[lastDay + 1] ?? toMs,
    rule: activeRule({ dayCount, lastDay, firstIntervals: firstIntervalsOf(lastDays, days.count) }),
  };
}

/** By day, the first interval that ends on it or later. */
function firstIntervalsOf(lastDays: Uint32Array, dayCount: number): Uint32Array {
  const firsts = new Uint32Array(dayCount + 1);
  let interval = 0;
  for (let day = 0; day <= dayCount; day++) {
    while (interval < lastDays.length && (lastDays[interval] ?? 0) < day) interval++;
    firsts[day] = interval;
  }
  return firsts;
}

interface Windows {
  readonly dayCount: number;
  readonly lastDay: number;
  readonly firstIntervals: Uint32Array;
}

/** Counts are differences: a user of a day is in all intervals that look back on it. */
function activeRule({ dayCount, lastDay, firstIntervals }: Windows): UserRule {
  const firstFrom = (day: number): number =>
    firstIntervals[Math.min(day, firstIntervals.length - 1)] ?? 0;
  return {
    isCounted: (day) => firstFrom(day) < firstFrom(day + dayCount),
    enter(counts, { at, stride }, day, before) {
      const range = at + stride - 1;
      const rangeFrom = lastDay - dayCount + 1;
      if (day >= rangeFrom && (before < 0 || before < rangeFrom)) {
        counts[range] = (counts[range] ?? 0) + 1;
      }
      if (stride === 1) return;
      // Intervals that look back on the day before, too, have the user already.
      const first = firstFrom(before < 0 ? day : Math.max(day, before + dayCount));
      const end = firstFrom(day + dayCount);
      if (first >= end) return;
      counts[at + first] = (counts[at + first] ?? 0) + 1;
      if (at + end < range) counts[at + end] = (counts[at + end] ?? 0) - 1;
    },
  };
}
