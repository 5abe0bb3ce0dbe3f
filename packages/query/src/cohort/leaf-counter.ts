import { DAY_MS, unreachable } from "@shale/model";
import type { ScanBatch } from "@shale/scan";
import { planIntervals } from "../calendar/plan-intervals.ts";
import type { RowSelect } from "../filter/row-select.ts";
import { compileSelect } from "../filter/row-select.ts";
import type { ParsedActive, ParsedDid, ParsedFirstTime } from "../parse/cohort/parsed-cohort.ts";
import { createRunsReader } from "../segmentation/interval-runs.ts";
import type { MemoryBudget } from "../segmentation/memory-budget.ts";
import { createUserMarks } from "../segmentation/user-marks.ts";
import type { CohortMembers } from "./cohort-members.ts";

/** A part of a cohort that rows decide, each for its own user. */
export type ParsedLeaf = ParsedDid | ParsedFirstTime | ParsedActive;

/** What cohorts are relative to. */
export interface CohortTime {
  readonly asOfMs: number;
  readonly timezone: string;
}

export interface LeafCounter {
  /** Rows outside of it decide nothing. */
  readonly fromMs: number;
  readonly toMs: number;
  add(batch: ScanBatch): void;
  /** Whether a user of the batch's shard is meant, by what was added of the shard. */
  judge(batch: ScanBatch): (user: number) => boolean;
}

export interface LeafContext {
  readonly time: CohortTime;
  readonly cohorts: CohortMembers;
  readonly budget: MemoryBudget;
}

export function createLeafCounter(leaf: ParsedLeaf, context: LeafContext): LeafCounter {
  switch (leaf.kind) {
    case "did":
      return createDidCounter(leaf, context);
    case "firstTime":
      return createFirstTimeCounter(leaf, context);
    case "active":
      return createActiveCounter(leaf, context);
    default:
      return unreachable(leaf);
  }
}

/** [asOf - within, asOf); without a window all events ever, those behind asOf too. */
function windowOf(withinMs: number | undefined, { asOfMs }: CohortTime) {
  if (withinMs !== undefined) return { fromMs: asOfMs - withinMs, toMs: asOfMs };
  return { fromMs: Number.NEGATIVE_INFINITY, toMs: Number.POSITIVE_INFINITY };
}

function createDidCounter(leaf: ParsedDid, { time, cohorts, budget }: LeafContext): LeafCounter {
  const window = windowOf(leaf.withinMs, time);
  const select = compileSelect(leaf.select, cohorts);
  const counts = createUserMarks(budget);
  const { op, value } = leaf.times;
  return {
    ...window,
    add(batch) {
      const { marks } = counts.of(batch);
      forRows(batch, select, window, (user) => {
        marks[user] = (marks[user] ?? 0) + 1;
      });
    },
    judge(batch) {
      const { marks } = counts.of(batch);
      switch (op) {
        case "gte":
          return (user) => (marks[user] ?? 0) >= value;
        case "lte":
          return (user) => (marks[user] ?? 0) <= value;
        case "eq":
          return (user) => (marks[user] ?? 0) === value;
        default:
          return unreachable(op);
      }
    },
  };
}

const INSIDE = 1;
const BEFORE = 2;

/** The first event ever that the select takes lies in the window. */
function createFirstTimeCounter(
  leaf: ParsedFirstTime,
  { time, cohorts, budget }: LeafContext,
): LeafCounter {
  const { fromMs, toMs } = windowOf(leaf.withinMs, time);
  const window = { fromMs: Number.NEGATIVE_INFINITY, toMs };
  const select = compileSelect(leaf.select, cohorts);
  const places = createUserMarks(budget);
  return {
    ...window,
    add(batch) {
      const { marks } = places.of(batch);
      forRows(batch, select, window, (user, atMs) => {
        if (atMs < fromMs) marks[user] = BEFORE;
        else if (marks[user] === 0) marks[user] = INSIDE;
      });
    },
    judge(batch) {
      const { marks } = places.of(batch);
      return (user) => marks[user] === INSIDE;
    },
  };
}

/** The days are the local one that ends at asOf or holds it, up to asOf, and those before it. */
function createActiveCounter(
  leaf: ParsedActive,
  { time, cohorts, budget }: LeafContext,
): LeafCounter {
  const { asOfMs, timezone } = time;
  // Two days more than wanted: the zone's clock may have been put forward, or a date skipped.
  const aheadMs = asOfMs - (leaf.of + 2) * DAY_MS;
  const plan = {
    unit: "day",
    fromMs: aheadMs,
    toMs: asOfMs,
    timezone,
    weekStart: "monday",
  } as const;
  const intervals = planIntervals(plan);
  const fromMs = intervals.startsMs[intervals.count - leaf.of] ?? asOfMs;
  const window = { fromMs, toMs: asOfMs };
  const select = compileSelect(leaf.select, cohorts);
  const reader = createRunsReader({ intervals, ...window });
  const lasts = createUserMarks(budget);
  const counts = createUserMarks(budget);
  return {
    ...window,
    add(batch) {
      const last = lasts.of(batch).marks;
      const count = counts.of(batch).marks;
      const { rows, first, starts } = reader.of(batch, select.maskOf(batch, undefined));
      for (let run = 0; run + 1 < starts.length; run++) {
        const mark = first + run + 1;
        const end = starts[run + 1] ?? 0;
        for (let i = starts[run] ?? 0; i < end; i++) {
          const user = batch.userCodes[rows[i] ?? 0] ?? 0;
          if (last[user] === mark) continue;
          last[user] = mark;
          count[user] = (count[user] ?? 0) + 1;
        }
      }
    },
    judge(batch) {
      const { marks } = counts.of(batch);
      return (user) => (marks[user] ?? 0) >= leaf.days;
    },
  };
}

function forRows(
  batch: ScanBatch,
  select: RowSelect,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
  take: (user: number, atMs: number) => void,
): void {
  const { rowCount, timesMs, userCodes } = batch;
  const mask = select.maskOf(batch, undefined);
  for (let row = 0; row < rowCount; row++) {
    if (mask !== undefined && mask[row] === 0) continue;
    const atMs = timesMs[row] ?? 0;
    if (atMs >= fromMs && atMs < toMs) take(userCodes[row] ?? 0, atMs);
  }
}
