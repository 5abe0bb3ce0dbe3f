import type { Measure, PerUser, SegmentationQuery } from "@shale/model";
import type { ReferenceInterval, ReferenceRange } from "../reference-calendar.ts";
import type { ReferenceEvent } from "../reference-event.ts";
import { propertyOf } from "../reference-filter.ts";
import type { Fold } from "./reference-fold.ts";
import { folded } from "./reference-fold.ts";
import type { ReferenceSession } from "./reference-sessions.ts";
import { daysAround, sessionsOf } from "./reference-sessions.ts";

export interface Measured {
  readonly values: (number | null)[];
  readonly range: number | null;
}

/** One measure over the events of a query. */
export interface ReferenceMeasure {
  /** False for events that no number of the answer depends on. */
  isCounted(event: ReferenceEvent): boolean;
  over(events: readonly ReferenceEvent[]): Measured;
}

export interface MeasureWorld {
  /** All events of the store. */
  readonly events: readonly ReferenceEvent[];
  readonly query: SegmentationQuery;
  readonly range: ReferenceRange;
  readonly intervals: readonly ReferenceInterval[];
}

const ACTIVE_DAYS: Readonly<Record<string, number>> = { dau: 1, wau: 7, mau: 30 };

export function measureOf(measure: Measure, world: MeasureWorld): ReferenceMeasure {
  const { range, intervals } = world;
  const whole = { label: "", startMs: range.fromMs, endMs: range.toMs };
  function byInterval(
    isIn: (event: ReferenceEvent, interval: ReferenceInterval) => boolean,
    numberOf: (events: readonly ReferenceEvent[]) => number | null,
  ): ReferenceMeasure {
    const over = (events: readonly ReferenceEvent[], interval: ReferenceInterval) =>
      numberOf(events.filter((event) => isIn(event, interval)));
    return {
      isCounted: (event) => [...intervals, whole].some((interval) => isIn(event, interval)),
      over: (events) => ({
        values: intervals.map((interval) => over(events, interval)),
        range: over(events, whole),
      }),
    };
  }
  const isInside = ({ timeMs }: ReferenceEvent, { startMs, endMs }: ReferenceInterval): boolean =>
    startMs <= timeMs && timeMs < endMs;
  switch (measure) {
    case "total":
      return byInterval(isInside, (events) => events.length);
    case "unique":
      return byInterval(isInside, (events) => usersOf(events).length);
    case "cumulativeUnique":
      return byInterval(
        ({ timeMs }, { endMs }) => range.fromMs <= timeMs && timeMs < endMs,
        (events) => usersOf(events).length,
      );
    case "dau":
    case "wau":
    case "mau": {
      const windowOf = windowsOf(ACTIVE_DAYS[measure] ?? 0, range.timezone);
      return byInterval(
        (event, { endMs }) => isInside(event, windowOf(endMs)),
        (events) => usersOf(events).length,
      );
    }
    case "sessions": {
      const sessions = sessionsOf(world.events, world.query);
      return byInterval(
        (event, { startMs, endMs }) => {
          const session = sessions.get(event);
          return session !== undefined && startMs <= session.startMs && session.startMs < endMs;
        },
        (events) => new Set<ReferenceSession | undefined>(events.map((e) => sessions.get(e))).size,
      );
    }
    default:
      return byInterval(isInside, numberOfEvents(measure));
  }
}

/** The local days that an interval looks back on, by its end. */
function windowsOf(dayCount: number, timezone: string): (endMs: number) => ReferenceInterval {
  const windows = new Map<number, ReferenceInterval>();
  return (endMs) => {
    let window = windows.get(endMs);
    if (window === undefined) {
      const days = daysAround(endMs, dayCount, timezone);
      const last = days.findIndex((day) => day.startMs <= endMs - 1 && endMs - 1 < day.endMs);
      const startMs = days[last - dayCount + 1]?.startMs ?? Number.NaN;
      window = { label: "", startMs, endMs: days[last]?.endMs ?? Number.NaN };
      windows.set(endMs, window);
    }
    return window;
  };
}

/** Everybody but nobody. */
function usersOf(events: readonly ReferenceEvent[]): string[] {
  return [...new Set(events.map(({ user_id }) => user_id))].filter((user) => user !== "");
}

type PropertyMeasure = Exclude<Measure, string>;

function numberOfEvents(
  measure: PropertyMeasure,
): (events: readonly ReferenceEvent[]) => number | null {
  if ("percentile" in measure) {
    const { percentile, of } = measure;
    return (events) => folded(numbersOf(events, of), { percentile });
  }
  if ("perUser" in measure) return (events) => perUser(events, measure.perUser, measure.then);
  if ("median" in measure) return (events) => folded(numbersOf(events, measure.median), "median");
  return (events) => simple(events, measure);
}

/** Each user's number; users who have none are left out. */
function perUser(events: readonly ReferenceEvent[], inner: PerUser, then: Fold): number | null {
  const numbers = usersOf(events)
    .map((user) => events.filter(({ user_id }) => user_id === user))
    .map((own) => (inner === "count" ? own.length : simple(own, inner)));
  return folded(
    numbers.filter((number) => number !== null),
    then,
  );
}

function simple(
  events: readonly ReferenceEvent[],
  measure: Exclude<PerUser, string>,
): number | null {
  if ("sum" in measure) return folded(numbersOf(events, measure.sum), "sum");
  if ("avg" in measure) return folded(numbersOf(events, measure.avg), "avg");
  if ("min" in measure) return folded(numbersOf(events, measure.min), "min");
  if ("max" in measure) return folded(numbersOf(events, measure.max), "max");
  const values = events.flatMap((event) => propertyOf(event, measure.distinct) ?? []);
  return new Set(values.filter((value) => value !== null)).size;
}

function numbersOf(events: readonly ReferenceEvent[], property: string): number[] {
  return events
    .map((event) => propertyOf(event, property))
    .filter((value) => typeof value === "number");
}

/** Events in the range with a value of the property, and one that is no number. */
export function misfitsOf(events: readonly ReferenceEvent[], measure: Measure): number {
  if (typeof measure === "string") return 0;
  const of = "perUser" in measure ? measure.perUser : measure;
  if (of === "count" || "distinct" in of) return 0;
  const property = "of" in of ? of.of : Object.values(of)[0];
  const values = events.map((event) => propertyOf(event, String(property)) ?? null);
  return values.filter((value) => value !== null && typeof value !== "number").length;
}
