import type { QueryRange } from "@shale/model";
import { instantMsOf, intervalsOf, spanMsOf } from "../reference-calendar.ts";
import type { ReferenceEvent } from "../reference-event.ts";

const DAY_MS = 86_400_000;

export interface ReferenceSession {
  readonly startMs: number;
}

/** The session of each event that has a user. */
export function sessionsOf(
  events: readonly ReferenceEvent[],
  query: Pick<QueryRange, "session" | "timezone">,
): ReadonlyMap<ReferenceEvent, ReferenceSession> {
  const timeoutMs = spanMsOf(query.session?.timeout ?? "30m");
  const timezone = query.timezone ?? "UTC";
  const sessions = new Map<ReferenceEvent, ReferenceSession>();
  for (const user of new Set(events.map(({ user_id }) => user_id))) {
    if (user === "") continue;
    const own = events.filter(({ user_id }) => user_id === user);
    own.sort((a, b) => a.timeMs - b.timeMs);
    let session: ReferenceSession | undefined;
    let last: ReferenceEvent | undefined;
    for (const event of own) {
      const goesOn =
        session !== undefined &&
        last !== undefined &&
        event.timeMs - last.timeMs <= timeoutMs &&
        event.timeMs - session.startMs <= DAY_MS &&
        (query.session?.splitAtMidnight !== true ||
          localDayOf(event.timeMs, timezone) === localDayOf(session.startMs, timezone));
      if (!goesOn || session === undefined) session = { startMs: event.timeMs };
      sessions.set(event, session);
      last = event;
    }
  }
  return sessions;
}

/** The last ms at which one more event would belong to the session of some events. */
export function openUntilMs(
  { session, timezone = "UTC" }: Pick<QueryRange, "session" | "timezone">,
  own: readonly ReferenceEvent[],
): number {
  const startMs = Math.min(...own.map(({ timeMs }) => timeMs));
  const range = { fromMs: startMs, toMs: startMs + 3 * DAY_MS, timezone };
  const [day] = intervalsOf({ unit: "day" }, range);
  return Math.min(
    Math.max(...own.map(({ timeMs }) => timeMs)) + spanMsOf(session?.timeout ?? "30m"),
    startMs + DAY_MS,
    session?.splitAtMidnight === true ? Number(day?.endMs) - 1 : Infinity,
  );
}

/** The local date whose day holds an instant. */
function localDayOf(timeMs: number, timezone: string): string | undefined {
  const range = { fromMs: timeMs, toMs: timeMs + 1, timezone };
  return intervalsOf({ unit: "day" }, range)[0]?.label;
}

/** An instant some whole days off, as a range that reaches over every local day around it. */
export function daysAround(atMs: number, dayCount: number, timezone: string) {
  const range = {
    fromMs: instantMsOf(atMs, timezone) - (dayCount + 3) * DAY_MS,
    toMs: atMs + 3 * DAY_MS,
    timezone,
  };
  return intervalsOf({ unit: "day" }, range);
}
