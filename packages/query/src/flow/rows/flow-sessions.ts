import { DAY_MS } from "@shale/model";
import type { ScanBatch, TextCodes } from "@shale/scan";
import { intervalAt } from "../../calendar/interval-at.ts";
import type { Intervals } from "../../calendar/plan-intervals.ts";
import { planIntervals } from "../../calendar/plan-intervals.ts";
import type { ParsedFlow } from "../../parse/flow/parsed-flow.ts";
import type { QueryRun } from "../../query-run.ts";
import { growingF64 } from "../../rows/growing-columns.ts";
import type { MemoryBudget } from "../../segmentation/memory-budget.ts";
import { sessionHistoryFrom } from "../../sessions/session-history.ts";
import { createSessionTracker, SESSION_MS_MAX } from "../../sessions/track-sessions.ts";

/** The sessions of the shard at hand that began in the range. */
export interface FlowSessions {
  /** Rows of [startMs, endMs) decide which events they hold. */
  readonly startMs: number;
  readonly endMs: number;
  /** By row: the number of its session; NO_SESSION: of one that does not count. */
  of(batch: ScanBatch): Uint32Array;
  /** The last ms at which a further event would belong to a session. */
  openUntilMs(session: number): number;
}

export const NO_SESSION = 0;

/** @throws {ShaleError} MEMORY_EXCEEDED, and what a scan throws */
export async function createFlowSessions(
  run: QueryRun,
  parsed: ParsedFlow,
  budget: MemoryBudget,
): Promise<FlowSessions> {
  const { fromMs, toMs, session } = parsed;
  const { timeoutMs } = session;
  const startMs = session.splitAtMidnight
    ? Math.min(fromMs, daysOf(parsed, fromMs, fromMs + 1).startsMs[0] ?? fromMs)
    : await sessionHistoryFrom(run, { fromMs, timeoutMs, budget });
  const endMs = toMs + SESSION_MS_MAX;
  const days = session.splitAtMidnight
    ? daysOf(parsed, startMs - DAY_MS, endMs + DAY_MS)
    : undefined;
  const intervals = { count: 1, startsMs: Float64Array.of(fromMs, toMs), labels: [""] };
  const track = createSessionTracker({ timeoutMs, intervals, fromMs, toMs, days }, budget);
  const firstsMs = growingF64();
  const lastsMs = growingF64();
  const holder = {};
  let users: TextCodes | undefined;
  return {
    startMs,
    endMs,
    of(batch) {
      if (users !== batch.users) {
        users = batch.users;
        firstsMs.clear();
        lastsMs.clear();
      }
      const { serials, places } = track(batch);
      for (let row = 0; row < batch.rowCount; row++) {
        const serial = serials[row] ?? NO_SESSION;
        const atMs = batch.timesMs[row] ?? 0;
        while (firstsMs.length <= serial) {
          firstsMs.push(atMs);
          lastsMs.push(atMs);
        }
        lastsMs.numbers[serial] = atMs;
        if ((places[row] ?? -1) < 0) serials[row] = NO_SESSION;
      }
      budget.hold(holder, firstsMs.byteCount + lastsMs.byteCount);
      return serials;
    },
    openUntilMs(serial) {
      const firstMs = firstsMs.numbers[serial] ?? 0;
      const lastMs = lastsMs.numbers[serial] ?? 0;
      const untilMs = Math.min(lastMs + timeoutMs, firstMs + SESSION_MS_MAX);
      if (days === undefined) return untilMs;
      const dayEndMs = days.startsMs[intervalAt(days, firstMs) + 1] ?? untilMs + 1;
      return Math.min(untilMs, dayEndMs - 1);
    },
  };
}

function daysOf(parsed: ParsedFlow, fromMs: number, toMs: number): Intervals {
  return planIntervals({ ...parsed, unit: "day", fromMs, toMs });
}
