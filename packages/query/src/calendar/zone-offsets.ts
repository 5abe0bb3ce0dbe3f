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
  const stretchAt = stretchesOf(timezone);
  const [first, last] = [Math.floor(fromMs / SAMPLE_STEP_MS), Math.floor(toMs / SAMPLE_STEP_MS)];
  const { changeMs, before, after } = stretchAt(first);
  const startsMs = [Number.NEGATIVE_INFINITY];
  const offsetsMs = [fromMs < changeMs ? before : after];
  for (let number = first; number <= last; number++) {
    const stretch = stretchAt(number);
    if (stretch.changeMs <= fromMs || stretch.changeMs > toMs) continue;
    startsMs.push(stretch.changeMs);
    offsetsMs.push(stretch.after);
  }
  return { startsMs, offsetsMs };
}

/** `SAMPLE_STEP_MS` of a zone, from a multiple of it on: no change, or one. */
interface Stretch {
  readonly before: number;
  readonly after: number;
  /** First ms of `after`, above the first of the stretch; Infinity without a change. */
  readonly changeMs: number;
}

/** What is remembered of a zone at most: four centuries. */
const STRETCH_COUNT_MAX = 50_000;
/** Reading a clock takes 20 µs, and queries ask for the same years again and again. */
const stretches = new Map<string, Map<number, Stretch>>();

function stretchesOf(timezone: string): (number: number) => Stretch {
  const name = timezone.toLowerCase();
  let known = stretches.get(name);
  if (known === undefined || known.size >= STRETCH_COUNT_MAX) {
    known = new Map();
    stretches.set(name, known);
  }
  const ofZone = known;
  const offsetAt = offsetReaderOf(timezone);
  return (number) => {
    const found = ofZone.get(number);
    if (found !== undefined) return found;
    const [low, high] = [number * SAMPLE_STEP_MS, (number + 1) * SAMPLE_STEP_MS];
    const before = ofZone.get(number - 1)?.after ?? offsetAt(low);
    const after = ofZone.get(number + 1)?.before ?? offsetAt(high);
    const isAfter = (atMs: number): boolean => offsetAt(atMs) === after;
    const changeMs =
      before === after ? Number.POSITIVE_INFINITY : changeBetween(low, high, isAfter);
    const stretch = { before, after, changeMs };
    ofZone.set(number, stretch);
    return stretch;
  };
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
