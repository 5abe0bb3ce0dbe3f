import type { UserEvents } from "../rows/user-events.ts";

/** A stretch of a user's events in which the best attempt is looked for: groups [first, end). */
export interface Stretch {
  readonly first: number;
  readonly end: number;
  /** No attempt in it reaches more levels: a walk may stop at one that does as much. */
  readonly levelMax: number;
}

/** The first event from `from` on that may begin an attempt of the stretch; -1: there is none. */
export function nextEntryIn(events: UserEvents, { end }: Stretch, from: number): number {
  const last = events.groupStarts[end] ?? 0;
  for (let event = from; event < last; event++) if (events.isEntry(event)) return event;
  return -1;
}
