import type { SegmentationAnswer } from "@shale/model";
import type { FooterDay } from "@shale/scan";
import type { Intervals } from "../calendar/plan-intervals.ts";
import { planIntervals } from "../calendar/plan-intervals.ts";
import type { CohortMembers } from "../cohort/cohort-members.ts";
import { compileFilter } from "../filter/row-filter.ts";
import type { RowSelect } from "../filter/row-select.ts";
import { compileSelect, isColumn, propertiesOf } from "../filter/row-select.ts";
import type { ParsedSegmentation } from "../parse/parsed-query.ts";
import type { QueryRun } from "../query-run.ts";
import { answerSeries } from "./answer-series.ts";
import { addFooterDay, canUseFooters } from "./footer-counts.ts";
import { createRunsReader } from "./interval-runs.ts";
import type { MemoryBudget } from "./memory-budget.ts";
import { createMemoryBudget } from "./memory-budget.ts";
import type { OverallCounts } from "./overall-counts.ts";
import { createOverallTotals, createOverallUniques } from "./overall-counts.ts";
import type { SegmentCounts, SlotPlan } from "./segment-counts.ts";
import { createSegmentCounts } from "./segment-counts.ts";
import type { SegmentSpace } from "./segment-space.ts";
import { createSegmentSpace } from "./segment-space.ts";

/** What is counted of one series in one pass over the rows. */
interface SeriesPass {
  readonly select: RowSelect;
  readonly overall: OverallCounts | undefined;
  readonly segments: SegmentCounts | undefined;
}

interface Counting {
  readonly parsed: ParsedSegmentation;
  readonly cohorts: CohortMembers;
  readonly intervals: Intervals;
  readonly space: SegmentSpace | undefined;
  readonly budget: MemoryBudget;
}

/** @throws {ShaleError} MEMORY_EXCEEDED, and what a scan throws */
export async function runSegmentation(
  run: QueryRun,
  parsed: ParsedSegmentation,
): Promise<Omit<SegmentationAnswer, "meta">> {
  const counting: Counting = {
    parsed,
    cohorts: run.cohorts,
    intervals: planIntervals(parsed),
    space: parsed.by === undefined ? undefined : createSegmentSpace(parsed.by),
    budget: createMemoryBudget(run.memoryBytesMax),
  };
  const passes = parsed.series.map((_, index) => firstPassOf(counting, index));
  await countRows(run, counting, passes, "count");
  const answers = passes.map(({ overall, segments }, index) =>
    answerSeries({ parsed, series: index, overall, segments, space: counting.space }),
  );
  // Exact numbers of what was cut off, or of too many segments at once: the rows once more, now
  // that the segments of the answer are known.
  const open = answers.map(({ open }) => open);
  if (open.some((plan) => plan !== undefined)) {
    const again = open.map((plan, index) => secondPassOf(counting, index, plan));
    await countRows(run, counting, again, "count others");
    for (const [index, { segments }] of again.entries()) {
      if (segments !== undefined) answers[index]?.complete(segments);
    }
  }
  return {
    kind: "segmentation",
    intervals: [...counting.intervals.labels],
    series: answers.map(({ answer }) => answer()),
  };
}

function firstPassOf(
  { parsed, cohorts, intervals, space, budget }: Counting,
  index: number,
): SeriesPass {
  const series = parsed.series[index];
  const measure = series?.measure ?? "total";
  const { count } = intervals;
  return {
    select: compileSelect(series?.select ?? ANY_EVENT, cohorts),
    overall:
      measure === "unique" ? createOverallUniques(count, budget) : createOverallTotals(count),
    segments:
      space &&
      createSegmentCounts({
        measure,
        intervalCount: count,
        plan: { slotCount: () => space.count, slots: undefined, membersOf: space.membersOf },
        keepsAll: false,
        budget,
      }),
  };
}

function secondPassOf(
  { parsed, cohorts, intervals, budget }: Counting,
  index: number,
  plan: SlotPlan | undefined,
): SeriesPass {
  const series = parsed.series[index];
  return {
    select: compileSelect(series?.select ?? ANY_EVENT, cohorts),
    overall: undefined,
    segments:
      plan &&
      createSegmentCounts({
        measure: series?.measure ?? "total",
        intervalCount: intervals.count,
        plan,
        keepsAll: true,
        budget,
      }),
  };
}

const ANY_EVENT = { events: undefined, where: undefined, label: undefined };

async function countRows(
  run: QueryRun,
  { parsed, intervals, space, budget }: Counting,
  passes: readonly SeriesPass[],
  phase: string,
): Promise<void> {
  const { fromMs, toMs } = parsed;
  const where = parsed.where === undefined ? undefined : compileFilter(parsed.where, run.cohorts);
  const counted = passes.filter(({ overall, segments }) => overall ?? segments);
  const columns = columnsOf(parsed);
  const reader = createRunsReader({ intervals, fromMs, toMs });
  const takeFooter = canUseFooters(parsed, intervals)
    ? (day: FooterDay) => addFooterDay(day, intervals, overallsOf(parsed, passes))
    : undefined;
  const scan = { fromMs, toMs, columns, order: "none", takeFooter } as const;
  for await (const batch of run.scan(scan, phase)) {
    const isIn = where?.maskOf(batch);
    const masks = counted.map(({ select }) => select.maskOf(batch, isIn));
    const cells = space?.cellsOf(batch, unionOf(masks));
    if (space !== undefined) budget.hold(space, space.byteCount);
    for (const [index, { overall, segments }] of counted.entries()) {
      const runs = reader.of(batch, masks[index]);
      overall?.add(batch, runs);
      if (cells !== undefined) segments?.add(batch, runs, cells);
    }
  }
}

function overallsOf(parsed: ParsedSegmentation, passes: readonly SeriesPass[]) {
  return parsed.series.flatMap((series, index) => {
    const overall = passes[index]?.overall;
    return overall === undefined ? [] : [{ series, overall }];
  });
}

/** Rows that any of the masks has; undefined: all rows. */
function unionOf(masks: readonly (Uint8Array | undefined)[]): Uint8Array | undefined {
  const [first, ...others] = masks;
  if (first === undefined || others.length === 0) return first;
  const union = first.slice();
  for (const mask of others) {
    if (mask === undefined) return undefined;
    for (let row = 0; row < union.length; row++) if (mask[row] !== 0) union[row] = 1;
  }
  return union;
}

function columnsOf({ where, series, by }: ParsedSegmentation): string[] {
  const names = [
    ...propertiesOf(where),
    ...series.flatMap(({ select }) => propertiesOf(select.where)),
    ...(by ?? []).map(({ property }) => property).filter(isColumn),
  ];
  return [...new Set(names)];
}
