import { DAY_MS } from "@shale/model";
import type { ScanBatch } from "@shale/scan";
import type { Intervals } from "../calendar/plan-intervals.ts";
import { planIntervals } from "../calendar/plan-intervals.ts";
import type { ParsedSegmentation } from "../parse/parsed-query.ts";
import type { QueryRun } from "../query-run.ts";
import { sessionHistoryFrom } from "../sessions/session-history.ts";
import type { RowSessions } from "../sessions/track-sessions.ts";
import { createSessionTracker, SESSION_MS_MAX } from "../sessions/track-sessions.ts";
import type { MemoryBudget } from "./memory-budget.ts";

export interface SessionReading {
  readonly intervals: Intervals;
  readonly budget: MemoryBudget;
  /** Where sessions are read from. */
  readonly sessionsFromMs: number;
}

/** Where the sessions of the range begin to be read. */
export async function sessionsFrom(
  run: QueryRun,
  parsed: ParsedSegmentation,
  budget: MemoryBudget,
): Promise<number> {
  const { fromMs, session, series } = parsed;
  if (!series.some(({ measure }) => measure.kind === "sessions")) return fromMs;
  if (!session.splitAtMidnight) {
    return sessionHistoryFrom(run, { fromMs, timeoutMs: session.timeoutMs, budget });
  }
  // No session goes over the midnight before the range.
  const day = planIntervals({ ...parsed, unit: "day", toMs: fromMs + 1 });
  return Math.min(day.startsMs[0] ?? fromMs, fromMs);
}

/** One tracker for all series, asked once for each batch. */
export function createSessionReader(
  parsed: ParsedSegmentation,
  { intervals, budget, sessionsFromMs }: SessionReading,
): (batch: ScanBatch) => RowSessions {
  const { fromMs, toMs, session } = parsed;
  const days = session.splitAtMidnight
    ? planIntervals({
        ...parsed,
        unit: "day",
        fromMs: sessionsFromMs - DAY_MS,
        toMs: toMs + SESSION_MS_MAX + DAY_MS,
      })
    : undefined;
  const { timeoutMs } = session;
  const track = createSessionTracker({ timeoutMs, intervals, fromMs, toMs, days }, budget);
  let last: { readonly batch: ScanBatch; readonly sessions: RowSessions } | undefined;
  return (batch) => {
    if (last?.batch !== batch) last = { batch, sessions: track(batch) };
    return last.sessions;
  };
}
