import type { StoredEvent, TimelineQuery } from "@shale/model";
import { instantMsOf } from "./reference-calendar.ts";
import type { ReferenceEvent } from "./reference-event.ts";
import { compareText, storedEventOf } from "./reference-event.ts";
import { isSelected } from "./reference-filter.ts";

const LIMIT = 100;

/** Event order: time, event name, insert_id; texts by their bytes. */
export function compareEvents(a: ReferenceEvent, b: ReferenceEvent): number {
  return (
    a.timeMs - b.timeMs || compareText(a.event, b.event) || compareText(a.insert_id, b.insert_id)
  );
}

/** Export order: UTC day, time, user, event name, insert_id. The day is that of the time. */
export function compareExported(a: ReferenceEvent, b: ReferenceEvent): number {
  return a.timeMs - b.timeMs || compareText(a.user_id, b.user_id) || compareEvents(a, b);
}

/** One page of a user's events, from the `skip`th on. */
export function timelinePage(
  events: readonly ReferenceEvent[],
  query: TimelineQuery,
  skip: number,
): { readonly events: StoredEvent[]; readonly hasMore: boolean } {
  const timezone = query.timezone ?? "UTC";
  const fromMs = query.from === undefined ? -Infinity : instantMsOf(query.from, timezone);
  const toMs = query.to === undefined ? Infinity : instantMsOf(query.to, timezone);
  const mine = events
    .filter((event) => event.user_id === query.user_id && event.user_id !== "")
    .filter(({ timeMs }) => fromMs <= timeMs && timeMs < toMs)
    .filter((event) => isSelected(event, query.select ?? {}))
    .sort(compareEvents);
  if (query.direction === "desc") mine.reverse();
  const end = skip + (query.limit ?? LIMIT);
  return { events: mine.slice(skip, end).map(storedEventOf), hasMore: end < mine.length };
}
