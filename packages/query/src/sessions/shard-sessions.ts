import { DAY_MS } from "@shale/model";
import type { ScanBatch, TextCodes } from "@shale/scan";
import { intervalAt } from "../calendar/interval-at.ts";
import type { Intervals, IntervalsPlan } from "../calendar/plan-intervals.ts";
import { planIntervals } from "../calendar/plan-intervals.ts";
import type { ParsedSession } from "../parse/parse-range.ts";
import type { QueryRun } from "../query-run.ts";
import { growingF64, growingU32 } from "../rows/growing-columns.ts";
import type { MemoryBudget } from "../segmentation/memory-budget.ts";
import { sessionHistoryFrom } from "./session-history.ts";
import { createSessionTracker, SESSION_MS_MAX } from "./track-sessions.ts";

/** The sessions of the users of the shard at hand. */
export interface ShardSessions {
  /** Rows of [startMs, endMs) decide which events they hold. */
  readonly startMs: number;
  readonly endMs: number;
  /** By row: the number of its session; NO_SESSION: of one that does not count. */
  of(batch: ScanBatch): Uint32Array;
  /** When the first event of a session was. */
  beganMs(session: number): number;
  /** The last ms at which a further event would belong to a session. */
  openUntilMs(session: number): number;
  /** The session of the same user so many further on; NO_SESSION: it has not begun. */
  later(session: number, count: number): number;
}

export const NO_SESSION = 0;

export interface ShardSessionsPlan extends Omit<IntervalsPlan, "unit"> {
  readonly session: ParsedSession;
  /** No event from here on is looked at: at least the end of the longest one begun in the range. */
  readonly endMs: number;
  /** Which sessions count. */
  readonly which: "begun in range" | "all";
}

/** @throws {ShaleError} MEMORY_EXCEEDED, and what a scan throws */
export async function createShardSessions(
  run: QueryRun,
  plan: ShardSessionsPlan,
  budget: MemoryBudget,
): Promise<ShardSessions> {
  const { fromMs, toMs, endMs, session } = plan;
  const { timeoutMs } = session;
  const startMs = session.splitAtMidnight
    ? Math.min(fromMs, daysOf(plan, fromMs, fromMs + 1).startsMs[0] ?? fromMs)
    : await sessionHistoryFrom(run, { fromMs, timeoutMs, budget });
  const days = session.splitAtMidnight ? daysOf(plan, startMs - DAY_MS, endMs + DAY_MS) : undefined;
  const intervals = { count: 1, startsMs: Float64Array.of(fromMs, toMs), labels: [""] };
  const track = createSessionTracker({ timeoutMs, intervals, fromMs, toMs, days }, budget);
  const list = createSessionList(budget);
  return {
    startMs,
    endMs,
    of(batch) {
      const { serials, places } = track(batch);
      list.add(batch, serials);
      if (plan.which === "all") return serials;
      for (let row = 0; row < serials.length; row++) {
        if ((places[row] ?? -1) < 0) serials[row] = NO_SESSION;
      }
      return serials;
    },
    beganMs: list.firstMs,
    openUntilMs(serial) {
      const firstMs = list.firstMs(serial);
      const untilMs = Math.min(list.lastMs(serial) + timeoutMs, firstMs + SESSION_MS_MAX);
      if (days === undefined) return untilMs;
      const dayEndMs = days.startsMs[intervalAt(days, firstMs) + 1] ?? untilMs + 1;
      return Math.min(untilMs, dayEndMs - 1);
    },
    later(serial, count) {
      let found = serial;
      for (let further = 0; further < count && found !== NO_SESSION; further++) {
        found = list.next(found);
      }
      return found;
    },
  };
}

/** By session of a shard: its first and its last event, and the session of its user after it. */
function createSessionList(budget: MemoryBudget) {
  const firstsMs = growingF64();
  const lastsMs = growingF64();
  const nexts = growingU32();
  const columns = [firstsMs, lastsMs, nexts];
  const holder = {};
  let users: TextCodes | undefined;
  /** By user: the session that began last. */
  let latest = new Uint32Array(0);

  function makeRoom(texts: TextCodes): void {
    if (users !== texts) {
      users = texts;
      for (const column of columns) column.clear();
      latest = new Uint32Array(0);
    }
    if (latest.length >= texts.count) return;
    const grown = new Uint32Array(Math.max(texts.count, 2 * latest.length));
    grown.set(latest);
    latest = grown;
  }
  function begin(serial: number, user: number, atMs: number): void {
    while (firstsMs.length <= serial) {
      firstsMs.push(atMs);
      lastsMs.push(atMs);
      nexts.push(NO_SESSION);
    }
    const before = latest[user] ?? NO_SESSION;
    if (before !== NO_SESSION) nexts.numbers[before] = serial;
    latest[user] = serial;
  }
  return {
    add(batch: ScanBatch, serials: Uint32Array): void {
      makeRoom(batch.users);
      for (let row = 0; row < batch.rowCount; row++) {
        const serial = serials[row] ?? NO_SESSION;
        if (serial === NO_SESSION) continue;
        const atMs = batch.timesMs[row] ?? 0;
        if (firstsMs.length <= serial) begin(serial, batch.userCodes[row] ?? 0, atMs);
        lastsMs.numbers[serial] = atMs;
      }
      const own = columns.reduce((sum, { byteCount }) => sum + byteCount, 0);
      budget.hold(holder, own + latest.byteLength);
    },
    firstMs: (serial: number) => firstsMs.numbers[serial] ?? 0,
    lastMs: (serial: number) => lastsMs.numbers[serial] ?? 0,
    next: (serial: number) => nexts.numbers[serial] ?? NO_SESSION,
  };
}

function daysOf(plan: ShardSessionsPlan, fromMs: number, toMs: number): Intervals {
  return planIntervals({ ...plan, unit: "day", fromMs, toMs });
}
