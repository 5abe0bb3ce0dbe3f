import { DAY_MS } from "@shale/model";

/** The UTC offsets of one time zone over a stretch of time. Segment i is [startsMs[i], startsMs[i + 1]). */
export interface ZoneOffsets {
  /** Ascending; the first is -Infinity. */
  readonly startsMs: readonly number[];
  /** Local time = UTC + offset. */
  readonly offsetsMs: readonly number[];
}

/** Shorter than any two neighbouring changes of a zone (7 days: Recife, October 2000). */
const SAMPLE_STEP_MS = 3 * DAY_MS;
const UTC_NAMES: ReadonlySet<string> = new Set(["utc", "etc/utc", "gmt", "etc/gmt"]);

/** True for the IANA names that this runtime knows, in any case. Plain offsets are none. */
export function isTimezone(name: string): boolean {
  if (name === "" || /^[+-]/.test(name)) return false;
  try {
    formatOf(name);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** Every offset of `timezone` that holds at some instant of [fromMs, toMs]. */
export function zoneOffsetsOf(timezone: string, fromMs: number, toMs: number): ZoneOffsets {
  if (UTC_NAMES.has(timezone.toLowerCase())) {
    return { startsMs: [Number.NEGATIVE_INFINITY], offsetsMs: [0] };
  }
  const offsetAt = offsetReaderOf(timezone);
  let offsetMs = offsetAt(fromMs);
  const startsMs = [Number.NEGATIVE_INFINITY];
  const offsetsMs = [offsetMs];
  for (let low = fromMs; low < toMs; low += SAMPLE_STEP_MS) {
    const high = Math.min(low + SAMPLE_STEP_MS, toMs);
    const next = offsetAt(high);
    if (next === offsetMs) continue;
    startsMs.push(changeBetween(low, high, (atMs) => offsetAt(atMs) === next));
    offsetsMs.push(next);
    offsetMs = next;
  }
  return { startsMs, offsetsMs };
}

/** The first ms in (lowMs, highMs] for which `isAfter` holds; it holds at highMs and not at lowMs. */
function changeBetween(lowMs: number, highMs: number, isAfter: (atMs: number) => boolean): number {
  let before = lowMs;
  let after = highMs;
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (isAfter(middle)) after = middle;
    else before = middle;
  }
  return after;
}

/** Index of the segment that holds `atMs`. */
export function segmentAt(zone: ZoneOffsets, atMs: number): number {
  let low = 1;
  let high = zone.startsMs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((zone.startsMs[middle] ?? 0) <= atMs) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

export function offsetAt(zone: ZoneOffsets, atMs: number): number {
  return zone.offsetsMs[segmentAt(zone, atMs)] ?? 0;
}

/** Making one takes longer than a small query. There are no more than zones, and ways to write them. */
const formats = new Map<string, Intl.DateTimeFormat>();

/** @throws {RangeError} for a name that is no zone of this runtime */
function formatOf(timezone: string): Intl.DateTimeFormat {
  const known = formats.get(timezone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: timezone,
    calendar: "gregory",
    numberingSystem: "latn",
    hourCycle: "h23",
    era: "short",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  formats.set(timezone, format);
  return format;
}

function offsetReaderOf(timezone: string): (atMs: number) => number {
  const format = formatOf(timezone);
  return (atMs) => {
    const parts = new Map<string, string>();
    for (const part of format.formatToParts(atMs)) parts.set(part.type, part.value);
    const numberOf = (type: string): number => Number(parts.get(type));
    const year = numberOf("year");
    const local = new Date(0);
    local.setUTCFullYear(
      (parts.get("era") ?? "").startsWith("B") ? 1 - year : year,
      numberOf("month") - 1,
      numberOf("day"),
    );
    local.setUTCHours(numberOf("hour"), numberOf("minute"), numberOf("second"));
    return local.getTime() - Math.floor(atMs / 1000) * 1000;
  };
}
