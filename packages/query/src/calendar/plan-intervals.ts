import type { TimeUnit, WeekStart } from "@shale/model";
import { DAY_MS, invariant, ShaleError, unreachable } from "@shale/model";
import type { LocalDay } from "./local-dates.ts";
import { dateTextOf, firstInstantOf, localDayAt } from "./local-dates.ts";
import type { ZoneOffsets } from "./zone-offsets.ts";
import { segmentAt, zoneOffsetsOf } from "./zone-offsets.ts";

/** Calendar intervals that follow each other without a gap. */
export interface Intervals {
  readonly count: number;
  /** count + 1 ascending instants: interval i is [startsMs[i], startsMs[i + 1]). */
  readonly startsMs: Float64Array;
  readonly labels: readonly string[];
}

export interface IntervalsPlan {
  readonly unit: TimeUnit | "range";
  readonly fromMs: number;
  /** Greater than fromMs. */
  readonly toMs: number;
  readonly timezone: string;
  readonly weekStart: WeekStart;
}

export const INTERVAL_COUNT_MAX = 100_000;
const NOMINAL_MS = {
  minute: 60_000,
  hour: 3_600_000,
  day: DAY_MS,
  week: 7 * DAY_MS,
  month: 28 * DAY_MS,
} as const satisfies Record<TimeUnit, number>;

/**
 * Every calendar interval of the zone that overlaps [fromMs, toMs), empty ones included. The first
 * may begin before `fromMs`, the last may end after `toMs`.
 *
 * @throws {ShaleError} QUERY_INVALID at `unit` for more than 100,000 intervals
 */
export function planIntervals(plan: IntervalsPlan): Intervals {
  const { unit, fromMs, toMs } = plan;
  invariant(fromMs < toMs, `a range has a length: ${fromMs} < ${toMs}`);
  if (unit !== "range" && (toMs - fromMs) / NOMINAL_MS[unit] > INTERVAL_COUNT_MAX * 1.2) {
    throw tooMany(unit);
  }
  // A margin of a month and some days: the first interval may begin that much earlier.
  const endMs = unit === "range" ? fromMs : toMs;
  const zone = zoneOffsetsOf(plan.timezone, fromMs - 35 * DAY_MS, endMs + 35 * DAY_MS);
  switch (unit) {
    case "range":
      return intervalsOf([fromMs], [dateTextOf(localDayAt(zone, fromMs))], toMs);
    case "minute":
    case "hour":
      return clockIntervalsOf(zone, plan, NOMINAL_MS[unit]);
    case "day":
      return dateIntervalsOf(zone, plan, { indexOf: (day) => day, firstDayOf: (day) => day });
    case "week": {
      const shift = plan.weekStart === "monday" ? 3 : 4; // 1970-01-01 was a Thursday.
      return dateIntervalsOf(zone, plan, {
        indexOf: (day) => Math.floor((day + shift) / 7),
        firstDayOf: (week) => week * 7 - shift,
      });
    }
    case "month":
      return dateIntervalsOf(zone, plan, { indexOf: monthOf, firstDayOf: firstDayOfMonth });
    default:
      return unreachable(unit);
  }
}

/** How a unit of whole dates is numbered, without gaps. */
interface DateUnit {
  readonly indexOf: (day: LocalDay) => number;
  readonly firstDayOf: (index: number) => LocalDay;
}

function dateIntervalsOf(zone: ZoneOffsets, plan: IntervalsPlan, unit: DateUnit): Intervals {
  const startOf = (index: number): number => firstInstantOf(zone, unit.firstDayOf(index));
  // One too late, then back: after a repeated midnight the local date of an instant may lie
  // before that of the interval which holds it.
  let index = unit.indexOf(localDayAt(zone, plan.fromMs)) + 1;
  while (startOf(index) > plan.fromMs) index--;
  const startsMs: number[] = [];
  const labels: string[] = [];
  let startMs = startOf(index);
  while (startMs < plan.toMs) {
    const endMs = startOf(index + 1);
    if (endMs > startMs) {
      if (startsMs.length >= INTERVAL_COUNT_MAX) throw tooMany(plan.unit);
      startsMs.push(startMs);
      labels.push(dateTextOf(unit.firstDayOf(index)));
    } // Else a date that the zone skipped: no instant is in it.
    startMs = endMs;
    index++;
  }
  return intervalsOf(startsMs, labels, startMs);
}

/** Hours and minutes: one interval for each local hour (minute) and offset. */
function clockIntervalsOf(zone: ZoneOffsets, plan: IntervalsPlan, lengthMs: number): Intervals {
  const startsMs: number[] = [];
  const labels: string[] = [];
  let atMs = plan.fromMs;
  let segment = segmentAt(zone, atMs);
  while (atMs < plan.toMs) {
    const offsetMs = zone.offsetsMs[segment] ?? 0;
    const localMs = Math.floor((atMs + offsetMs) / lengthMs) * lengthMs;
    if (startsMs.length >= INTERVAL_COUNT_MAX) throw tooMany(plan.unit);
    startsMs.push(Math.max(localMs - offsetMs, zone.startsMs[segment] ?? 0));
    labels.push(new Date(localMs).toISOString().slice(0, 19) + offsetText(offsetMs));
    const changeMs = zone.startsMs[segment + 1] ?? Number.POSITIVE_INFINITY;
    atMs = Math.min(localMs - offsetMs + lengthMs, changeMs);
    if (atMs === changeMs) segment++;
  }
  return intervalsOf(startsMs, labels, atMs);
}

function intervalsOf(startsMs: number[], labels: string[], endMs: number): Intervals {
  return { count: labels.length, startsMs: Float64Array.from([...startsMs, endMs]), labels };
}

/** `+05:30`; an offset of another age may have seconds: `-00:44:30`. */
function offsetText(offsetMs: number): string {
  const seconds = Math.abs(offsetMs) / 1000;
  const parts = [seconds / 3600, (seconds / 60) % 60, seconds % 60].map((part) =>
    String(Math.floor(part)).padStart(2, "0"),
  );
  if (parts[2] === "00") parts.pop();
  return (offsetMs < 0 ? "-" : "+") + parts.join(":");
}

function monthOf(day: LocalDay): number {
  const date = new Date(day * DAY_MS);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

function firstDayOfMonth(month: number): LocalDay {
  const date = new Date(0);
  date.setUTCFullYear(Math.floor(month / 12), month - Math.floor(month / 12) * 12, 1);
  return date.getTime() / DAY_MS;
}

function tooMany(unit: string): ShaleError {
  return new ShaleError(
    "QUERY_INVALID",
    `Cannot count by ${JSON.stringify(unit)}: the range holds more than ${INTERVAL_COUNT_MAX} ` +
      "intervals; ask for a shorter range or a longer unit",
    { path: "unit" },
  );
}
