import { intervalAt } from "../../calendar/interval-at.ts";
import type { Intervals } from "../../calendar/plan-intervals.ts";
import { planIntervals } from "../../calendar/plan-intervals.ts";
import type { ParsedSegmentation } from "../../parse/parsed-query.ts";
import type { ParsedMeasure } from "../../parse/segmentation/parsed-measure.ts";
import type { SeriesCell } from "../../parse/users/parsed-users.ts";
import { planActiveDays } from "../counters/active-days.ts";

/** The intervals that a number is made of, both ends in. */
export interface CellSpan {
  readonly first: number;
  readonly last: number;
}

/** Intervals of the query, and which of them the number of a cell is made of. */
export function spanOfCell(
  { rolling = 1, cumulative }: ParsedSegmentation,
  measure: ParsedMeasure,
  { cell: { interval }, count }: { readonly cell: SeriesCell; readonly count: number },
): CellSpan {
  if (interval === undefined) return { first: 0, last: count - 1 };
  const isSum = cumulative || measure.kind === "cumulativeUnique";
  return { first: isSum ? 0 : Math.max(0, interval - rolling + 1), last: interval };
}

/** Disjoint stretches of time, ascending: [startsMs[i], endsMs[i]). */
export interface Stretches {
  readonly startsMs: Float64Array;
  readonly endsMs: Float64Array;
}

/** The times of the rows that may enter the number of a cell, for a measure without sessions. */
export function stretchesOfCell(
  of: ParsedSegmentation,
  measure: ParsedMeasure,
  cell: SeriesCell,
): Stretches {
  const { fromMs, toMs } = of;
  const intervals = planIntervals(of);
  const span = spanOfCell(of, measure, { cell, count: intervals.count });
  if (measure.kind === "active") {
    // Over the range the number is that of its end.
    const own = cell.interval === undefined ? { first: span.last, last: span.last } : span;
    return activeStretches(of, { intervals, span: own, dayCount: measure.days });
  }
  const startMs = Math.max(fromMs, intervals.startsMs[span.first] ?? fromMs);
  const endMs = Math.min(toMs, intervals.startsMs[span.last + 1] ?? toMs);
  return { startsMs: Float64Array.of(startMs), endsMs: Float64Array.of(endMs) };
}

interface ActiveSpan {
  readonly intervals: Intervals;
  readonly span: CellSpan;
  readonly dayCount: number;
}

/** The local days that the intervals look back on, those that touch as one stretch. */
function activeStretches(
  of: ParsedSegmentation,
  { intervals, span, dayCount }: ActiveSpan,
): Stretches {
  const { days, lastDays } = planActiveDays(of, intervals, dayCount);
  const startsMs: number[] = [];
  const endsMs: number[] = [];
  for (let interval = span.first; interval <= span.last; interval++) {
    const lastDay = lastDays[interval] ?? 0;
    const startMs = days.startsMs[Math.max(0, lastDay - dayCount + 1)] ?? of.fromMs;
    const endMs = days.startsMs[lastDay + 1] ?? of.toMs;
    if (startMs > (endsMs.at(-1) ?? Number.NEGATIVE_INFINITY)) {
      startsMs.push(startMs);
      endsMs.push(endMs);
    } else {
      endsMs[endsMs.length - 1] = endMs;
    }
  }
  return { startsMs: Float64Array.from(startsMs), endsMs: Float64Array.from(endsMs) };
}

/** Whether a time lies in one of the stretches. */
export function createStretchTest({ startsMs, endsMs }: Stretches): (atMs: number) => boolean {
  const starts = Float64Array.of(...startsMs, Number.POSITIVE_INFINITY);
  const places = { startsMs: starts, count: startsMs.length, labels: [] };
  return (atMs) => {
    const place = intervalAt(places, atMs);
    return place >= 0 && atMs < (endsMs[place] ?? 0);
  };
}
