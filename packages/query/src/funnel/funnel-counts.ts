import { intervalAt } from "../calendar/interval-at.ts";
import type { Intervals } from "../calendar/plan-intervals.ts";
import { growingU32 } from "../rows/growing-columns.ts";
import type { KeyCells } from "../segmentation/key-cells.ts";
import type { MemoryBudget } from "../segmentation/memory-budget.ts";
import type { ShardSessions } from "../sessions/shard-sessions.ts";
import type { FunnelPart } from "./answer/answer-funnel.ts";
import type { AttemptFilter } from "./answer/attempt-filter.ts";
import { createAttemptSegments } from "./answer/attempt-segments.ts";
import { createAttemptTable } from "./answer/attempt-table.ts";
import { createAttemptWriter } from "./answer/attempt-writer.ts";
import type { FunnelTrend } from "./answer/funnel-trend.ts";
import { createFunnelTrend } from "./answer/funnel-trend.ts";
import { createSegmentAttempts } from "./answer/segment-attempts.ts";
import type { FunnelPlan } from "./funnel-plan.ts";
import type { RowKinds } from "./rows/row-kinds.ts";
import type { ShardRows } from "./rows/shard-rows.ts";
import type { UserEvents } from "./rows/user-events.ts";
import { createUserEvents } from "./rows/user-events.ts";
import type { Attempt } from "./walk/attempt.ts";
import { createOptimizedWalk } from "./walk/optimized-walk.ts";
import type { Walk } from "./walk/sequential-walk.ts";
import { createSequentialWalk } from "./walk/sequential-walk.ts";
import { createTiedEvents } from "./walk/tied-events.ts";

export interface FunnelCounts {
  /** Walks the users whose rows were gathered; yields now and then, for others to run. */
  walk(): Generator<void>;
  part(): FunnelPart;
}

export interface FunnelCountsOptions {
  readonly plan: FunnelPlan;
  readonly kinds: RowKinds;
  readonly rows: ShardRows;
  readonly keys: readonly KeyCells[];
  readonly sessions: ShardSessions | undefined;
  /** Attempts that do not pass do not count; undefined: all do. */
  readonly filter: AttemptFilter | undefined;
  /** Those of the trend. */
  readonly intervals: Intervals | undefined;
  readonly budget: MemoryBudget;
  /** Is told whose units they are, in the order in which they are walked. */
  readonly onUser?: ((user: number) => void) | undefined;
}

/** One user, walked and counted. */
interface Walking {
  readonly options: FunnelCountsOptions;
  readonly events: UserEvents;
  readonly walkUser: Walk;
}

/** Events that are walked between two yields. */
const EVENTS_AT_ONCE = 20_000;

export function createFunnelCounts(options: FunnelCountsOptions): FunnelCounts {
  const { plan, kinds, rows, sessions } = options;
  const events = createUserEvents(plan, kinds, sessions);
  const tied = createTiedEvents(plan, events);
  const walkUser = plan.isOptimized
    ? createOptimizedWalk(plan, events, tied)
    : createSequentialWalk(plan, events, tied);
  const walking = { options, events, walkUser };
  const trend = createTrendCounts(walking);
  const whole = createWholeCounts(walking, trend);
  let userCount = 0;
  return {
    *walk() {
      const order = rows.byUser();
      let walked = 0;
      for (let user = 0; user + 1 < order.starts.length; user++) {
        const start = order.starts[user] ?? 0;
        const end = order.starts[user + 1] ?? 0;
        if (start === end) continue;
        for (const own of unitsOf(plan, rows, order.rows.subarray(start, end))) {
          options.onUser?.(user);
          events.load(rows, own);
          whole.add(userCount);
          trend?.add(userCount);
          userCount++;
        }
        walked += end - start;
        if (walked < EVENTS_AT_ONCE) continue;
        walked = 0;
        yield;
      }
    },
    part: () => ({ ...whole.part(), trend: trend?.trend.part }),
  };
}

/** The events of a user, or of each session where those are counted: what counts as one. */
function* unitsOf(plan: FunnelPlan, rows: ShardRows, order: Uint32Array): Generator<Uint32Array> {
  if (!plan.isPerSession) {
    yield order;
    return;
  }
  const sessionAt = (place: number) => rows.sessions?.[order[place] ?? 0];
  for (let start = 0, end = 1; start < order.length; start = end++) {
    while (end < order.length && sessionAt(end) === sessionAt(start)) end++;
    yield order.subarray(start, end);
  }
}

/** Counts over the whole range, and by segment. */
function createWholeCounts(walking: Walking, trend: TrendCounts | undefined) {
  const { options, events, walkUser } = walking;
  const { plan, keys, rows, filter, budget } = options;
  const table = createAttemptTable(budget);
  /** The attempts of the whole; the others are there for segments only. */
  const overall = growingU32();
  const writer = createAttemptWriter(plan, events);
  const segments = keys.length === 0 ? undefined : createAttemptSegments(plan, keys, rows);
  const segmented = segments && createSegmentAttempts(segments, budget);
  const isTotals = plan.parsed.count === "totals";
  const wantsAll = isTotals || segments !== undefined;
  return {
    add(user: number): void {
      const own = new Set<number>();
      let isFirst = true;
      events.setEntries(plan.fromMs, plan.toMs);
      walkUser((attempt) => {
        writer.match(attempt);
        if (filter?.(events, writer.matched) === false) return true;
        const counts = isTotals || isFirst;
        isFirst = false;
        if (attempt.isRemoved) return wantsAll;
        const added = writer.write(attempt, user, table);
        if (counts) {
          overall.push(added);
          trend?.addByEntry(attempt, user);
        }
        for (const segment of segments?.of(events, writer.matched) ?? []) {
          // A user is once in a segment, by the first attempt there.
          if (!isTotals && own.has(segment)) continue;
          own.add(segment);
          segmented?.add(added, segment);
        }
        return wantsAll;
      });
    },
    part: () => ({
      attempts: table.columns,
      overall: overall.numbers.slice(0, overall.length),
      segments: segmented?.part,
    }),
  };
}

interface TrendCounts {
  readonly mode: "perInterval" | "byEntry";
  readonly trend: FunnelTrend;
  /** Adds an attempt of the whole, where the trend is made of them. */
  addByEntry(attempt: Attempt, user: number): void;
  /** Adds the user who is loaded to funnels of single intervals, where the trend has them. */
  add(user: number): void;
}

function createTrendCounts({ options, events, walkUser }: Walking): TrendCounts | undefined {
  const { plan, intervals, filter, budget } = options;
  const mode = plan.parsed.trend?.mode;
  if (intervals === undefined || mode === undefined) return undefined;
  const trend = createFunnelTrend(intervals, budget);
  const writer = createAttemptWriter(plan, events);
  const isTotals = plan.parsed.count === "totals";
  return {
    mode,
    trend,
    addByEntry(attempt, user) {
      if (mode !== "byEntry") return;
      writer.match(attempt);
      writer.write(attempt, user, trend.table);
      trend.place(intervalAt(intervals, events.timesMs[attempt.entry] ?? 0));
    },
    add(user) {
      if (mode !== "perInterval") return;
      events.setEntries(plan.fromMs, plan.toMs);
      for (const interval of trend.intervalsOf(events)) {
        const startMs = Math.max(intervals.startsMs[interval] ?? 0, plan.fromMs);
        const endMs = Math.min(intervals.startsMs[interval + 1] ?? 0, plan.toMs);
        events.setEntries(startMs, endMs);
        walkUser((attempt) => {
          writer.match(attempt);
          if (filter?.(events, writer.matched) === false) return true;
          if (attempt.isRemoved) return isTotals;
          writer.write(attempt, user, trend.table);
          trend.place(interval);
          return isTotals;
        });
      }
    },
  };
}
