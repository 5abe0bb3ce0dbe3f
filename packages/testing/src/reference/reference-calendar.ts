import type { QueryRange, TimeUnit, WeekStart } from "@shale/model";
import { ShaleError, unreachable } from "@shale/model";
import { timeMsOf } from "./reference-event.ts";

/** One interval of an answer, cut to the range of the query. */
export interface ReferenceInterval {
  readonly label: string;
  readonly startMs: number;
  readonly endMs: number;
}
export interface ReferenceRange {
  readonly fromMs: number;
  readonly toMs: number;
  readonly timezone: string;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const SPAN_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: MINUTE_MS,
  h: HOUR_MS,
  d: DAY_MS,
  w: 7 * DAY_MS,
  mo: 30 * DAY_MS,
};

/** Length of a span such as `400d`; a month has 30 days. */
export function spanMsOf(span: string): number {
  const [, count, unit = ""] = /^(\d+)([a-z]+)$/.exec(span) ?? [];
  const unitMs = SPAN_MS[unit];
  if (unitMs === undefined) {
    throw new ShaleError("OPTION_INVALID", `Cannot read ${span} as a span: write it as 400d`);
  }
  return Number(count) * unitMs;
}

const formats = new Map<string, Intl.DateTimeFormat>();
/** What clocks were seen to show: the same instants are asked for again and again. */
const shown = new Map<string, Map<number, number>>();
const SHOWN_COUNT_MAX = 100_000;

/** What a wall clock in `timezone` shows at an instant, as if it were UTC; ms below a second kept. */
export function localMsOf(instantMs: number, timezone: string): number {
  const secondMs = Math.floor(instantMs / 1_000) * 1_000;
  let clock = shown.get(timezone);
  if (clock === undefined || clock.size >= SHOWN_COUNT_MAX) {
    clock = new Map();
    shown.set(timezone, clock);
  }
  let localMs = clock.get(secondMs);
  if (localMs === undefined) {
    localMs = readClock(secondMs, timezone);
    clock.set(secondMs, localMs);
  }
  return localMs + (instantMs - secondMs);
}

function readClock(secondMs: number, timezone: string): number {
  let format = formats.get(timezone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("sv-SE", {
      timeZone: timezone,
      dateStyle: "short",
      timeStyle: "medium",
    });
    formats.set(timezone, format);
  }
  return Date.parse(`${format.format(secondMs).replace(" ", "T")}Z`);
}

function localDateOf(instantMs: number, timezone: string): string {
  return new Date(localMsOf(instantMs, timezone)).toISOString().slice(0, 10);
}

function addDays(date: string, days: number): string {
  return new Date(Date.parse(date) + days * DAY_MS).toISOString().slice(0, 10);
}

const firstInstants = new Map<string, number>();
/** The first instant whose local date is `date` or later. */
export function firstInstantOf(date: string, timezone: string): number {
  const name = `${date} ${timezone}`;
  const known = firstInstants.get(name);
  if (known !== undefined) return known;
  const isReached = (instantMs: number): boolean => localDateOf(instantMs, timezone) >= date;
  // Quarters of an hour, because a clock may be put back a minute after midnight; then to the ms.
  let lastMs = Date.parse(date) - 26 * HOUR_MS;
  while (!isReached(lastMs + 15 * MINUTE_MS)) lastMs += 15 * MINUTE_MS;
  let firstMs = lastMs + 15 * MINUTE_MS;
  while (firstMs - lastMs > 1) {
    const middleMs = Math.floor((firstMs + lastMs) / 2);
    if (isReached(middleMs)) firstMs = middleMs;
    else lastMs = middleMs;
  }
  firstInstants.set(name, firstMs);
  return firstMs;
}

/** An instant of a query: a date is local midnight in `timezone`. */
export function instantMsOf(instant: string | number | Date, timezone: string): number {
  return typeof instant === "string" && /^\d{4}-\d\d-\d\d$/.test(instant)
    ? firstInstantOf(instant, timezone)
    : timeMsOf(instant);
}

export function rangeOf(query: Pick<QueryRange, "from" | "to" | "timezone">): ReferenceRange {
  const timezone = query.timezone ?? "UTC";
  const fromMs = instantMsOf(query.from, timezone);
  const toMs = instantMsOf(query.to, timezone);
  if (fromMs >= toMs) {
    throw new ShaleError("QUERY_INVALID", "Cannot answer: from must lie before to", { path: "to" });
  }
  return { fromMs, toMs, timezone };
}

/** The first date of the day, week or month that holds `date`. */
function unitStartOf(date: string, unit: "day" | "week" | "month", weekStart: WeekStart): string {
  if (unit === "day") return date;
  if (unit === "month") return `${date.slice(0, 7)}-01`;
  const weekday = new Date(date).getUTCDay(); // 0 is Sunday.
  return addDays(date, -(weekStart === "sunday" ? weekday : (weekday + 6) % 7));
}

function dateIntervals(
  range: ReferenceRange,
  unit: "day" | "week" | "month",
  weekStart: WeekStart,
): ReferenceInterval[] {
  const { fromMs, toMs, timezone } = range;
  const startOf = (date: string): string => unitStartOf(date, unit, weekStart);
  const longest = unit === "month" ? 31 : unit === "week" ? 7 : 1;
  // Where a midnight was repeated, the interval of `from` may already be that of the next date.
  let date = startOf(addDays(localDateOf(fromMs, timezone), 1));
  while (firstInstantOf(date, timezone) > fromMs) date = startOf(addDays(date, -1));
  const intervals: ReferenceInterval[] = [];
  while (firstInstantOf(date, timezone) < toMs) {
    const next = startOf(addDays(date, longest));
    const startMs = Math.max(fromMs, firstInstantOf(date, timezone));
    const endMs = Math.min(toMs, firstInstantOf(next, timezone));
    if (startMs < endMs) intervals.push({ label: date, startMs, endMs }); // A skipped date has none.
    date = next;
  }
  return intervals;
}

function offsetText(offsetMs: number): string {
  const text = new Date(Math.abs(offsetMs)).toISOString().slice(11, 19);
  return (offsetMs < 0 ? "-" : "+") + (text.endsWith(":00") ? text.slice(0, 5) : text);
}

/** One interval for each stretch of one local hour (or minute) at one offset from UTC. */
function clockIntervals(range: ReferenceRange, unitMs: number): ReferenceInterval[] {
  const { timezone, toMs } = range;
  const offsetAt = (instantMs: number): number => localMsOf(instantMs, timezone) - instantMs;
  const intervals: ReferenceInterval[] = [];
  for (let startMs = range.fromMs; startMs < toMs; ) {
    const offsetMs = offsetAt(startMs);
    const floorMs = Math.floor((startMs + offsetMs) / unitMs) * unitMs;
    let endMs = floorMs + unitMs - offsetMs;
    if (offsetAt(endMs - 1) !== offsetMs) {
      // The clock is changed inside: find the first instant with another offset.
      let lastMs = startMs;
      while (endMs - lastMs > 1) {
        const middleMs = Math.floor((endMs + lastMs) / 2);
        if (offsetAt(middleMs) === offsetMs) lastMs = middleMs;
        else endMs = middleMs;
      }
    }
    const label = new Date(floorMs).toISOString().slice(0, 19) + offsetText(offsetMs);
    intervals.push({ label, startMs, endMs: Math.min(endMs, toMs) });
    startMs = endMs;
  }
  return intervals;
}

/** How a query cuts time. */
export interface ReferenceUnit {
  readonly unit: TimeUnit | "range";
  readonly weekStart?: WeekStart | undefined;
}

/** Every calendar interval that overlaps the range, empty ones included. */
export function intervalsOf(query: ReferenceUnit, range: ReferenceRange): ReferenceInterval[] {
  switch (query.unit) {
    case "range": {
      const label = localDateOf(range.fromMs, range.timezone);
      return [{ label, startMs: range.fromMs, endMs: range.toMs }];
    }
    case "minute":
      return clockIntervals(range, MINUTE_MS);
    case "hour":
      return clockIntervals(range, HOUR_MS);
    case "day":
    case "week":
    case "month":
      return dateIntervals(range, query.unit, query.weekStart ?? "monday");
    default:
      return unreachable(query.unit);
  }
}
