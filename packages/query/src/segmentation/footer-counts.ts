import { DAY_MS } from "@shale/model";
import type { FooterDay } from "@shale/scan";
import { intervalAt } from "../calendar/interval-at.ts";
import type { Intervals } from "../calendar/plan-intervals.ts";
import type { ParsedSegmentation, ParsedSelect, ParsedSeries } from "../parse/parsed-query.ts";
import type { Counter } from "./counters/counter.ts";

/**
 * Whether footers of day files can answer in place of rows (protocol R4): whole UTC days, no
 * filter, no breakdown; totals, or the users of any event on one day.
 */
export function canUseFooters(parsed: ParsedSegmentation, intervals: Intervals): boolean {
  const { fromMs, toMs, where, by, series } = parsed;
  if (where !== undefined || by !== undefined) return false;
  const starts = intervals.startsMs.subarray(1, intervals.count);
  if (![fromMs, toMs, ...starts].every((atMs) => atMs % DAY_MS === 0)) return false;
  const isOneDay = toMs - fromMs === DAY_MS;
  return series.every((one) => isInFooters(one, isOneDay));
}

function isInFooters({ select, measure }: ParsedSeries, isOneDay: boolean): boolean {
  if (select.where !== undefined) return false;
  // Footers count users over all events: two days, or two events, share users.
  if (measure.kind === "total") return true;
  return measure.kind === "unique" && isOneDay && select.events === undefined;
}

/** Adds what footers say of one shard's day to the series. */
export function addFooterDay(
  day: FooterDay,
  intervals: Intervals,
  counted: readonly { readonly series: ParsedSeries; readonly overall: Counter | undefined }[],
): void {
  const interval = intervalAt(intervals, day.day * DAY_MS);
  const at = Math.max(interval, 0); // The first interval may begin in the middle of its first day.
  for (const { series, overall } of counted) {
    const count = series.measure.kind === "unique" ? day.users : rowsOf(day, series.select);
    overall?.addCount(at, count);
  }
}

function rowsOf({ rows, events }: FooterDay, select: ParsedSelect): number {
  if (select.events === undefined) return rows;
  let sum = 0;
  for (const event of new Set(select.events)) sum += events.get(event) ?? 0;
  return sum;
}
