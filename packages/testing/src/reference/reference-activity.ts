import type {
  EventSelect,
  LifecycleAnswer,
  LifecycleQuery,
  QueryRange,
  StickinessAnswer,
  StickinessQuery,
  TimeUnit,
} from "@shale/model";
import type { ReferenceInterval, ReferenceRange } from "./reference-calendar.ts";
import { intervalsOf, rangeOf, spanMsOf } from "./reference-calendar.ts";
import type { ReferenceEvent } from "./reference-event.ts";
import { isSelected, satisfies } from "./reference-filter.ts";
import { checkSelect } from "./reference-segmentation.ts";

/** Of each user but nobody, the times of the events that match the query, whenever they were. */
function timesByUser(
  events: readonly ReferenceEvent[],
  { select, where }: QueryRange & { readonly select: EventSelect },
): number[][] {
  checkSelect(select, "select");
  const times = new Map<string, number[]>();
  for (const event of events) {
    if (event.user_id === "" || !isSelected(event, select)) continue;
    if (where !== undefined && !satisfies(event, where)) continue;
    times.set(event.user_id, [...(times.get(event.user_id) ?? []), event.timeMs]);
  }
  return [...times.values()];
}

function timesIn(
  times: readonly number[],
  { startMs, endMs }: Pick<ReferenceInterval, "startMs" | "endMs">,
): number[] {
  return times.filter((timeMs) => startMs <= timeMs && timeMs < endMs);
}

/** Three calendar intervals are never as long. */
const THREE: Readonly<Record<TimeUnit, string>> = {
  minute: "3m",
  hour: "4h",
  day: "4d",
  week: "4w",
  month: "4mo",
};

/** The whole interval before the one that holds the start of the range. */
function intervalBefore(query: LifecycleQuery, range: ReferenceRange): ReferenceInterval {
  const fromMs = range.fromMs - spanMsOf(THREE[query.unit]);
  const before = intervalsOf(query, { ...range, fromMs, toMs: range.fromMs + 1 }).at(-2);
  if (before === undefined) throw new Error("three intervals hold a second to last");
  return before;
}

/** The answer to a lifecycle over `events`, without its meta. */
export function lifecycleOf(
  events: readonly ReferenceEvent[],
  query: LifecycleQuery,
): Omit<LifecycleAnswer, "meta"> {
  const range = rangeOf(query);
  const intervals = intervalsOf(query, range);
  const before = [intervalBefore(query, range), ...intervals];
  const users = timesByUser(events, query);
  type Status = "new" | "returning" | "resurrecting" | "dormant" | "absent";
  const statusOf = (times: readonly number[], place: number): Status => {
    const isIn = (interval: ReferenceInterval | undefined): boolean =>
      interval !== undefined && timesIn(times, interval).length > 0;
    const wasActive = isIn(before[place]);
    if (!isIn(intervals[place])) return wasActive ? "dormant" : "absent";
    const firstMs = Math.min(...times);
    if (timesIn([firstMs], intervals[place] as ReferenceInterval).length > 0) return "new";
    return wasActive ? "returning" : "resurrecting";
  };
  const count = (status: Status): number[] =>
    intervals.map((_, place) => users.filter((times) => statusOf(times, place) === status).length);
  return {
    kind: "lifecycle",
    intervals: intervals.map(({ label }) => label),
    new: count("new"),
    returning: count("returning"),
    resurrecting: count("resurrecting"),
    dormant: count("dormant"),
  };
}

/** The answer to a stickiness over `events`, without its meta. */
export function stickinessOf(
  events: readonly ReferenceEvent[],
  query: StickinessQuery,
): Omit<StickinessAnswer, "meta"> {
  const intervals = intervalsOf(query, rangeOf(query));
  const { mode = "exact", minEvents = 1 } = query;
  const activeCounts = timesByUser(events, query).map(
    (times) => intervals.filter((interval) => timesIn(times, interval).length >= minEvents).length,
  );
  const users = intervals.map((_, index) => {
    const wanted = index + 1;
    const counted = activeCounts.filter((active) =>
      mode === "exact" ? active === wanted : active >= wanted,
    );
    return counted.length;
  });
  return { kind: "stickiness", intervalCount: intervals.length, users };
}
