import type { FooterDay } from "@shale/scan";
import type { Intervals } from "../calendar/plan-intervals.ts";
import { planIntervals } from "../calendar/plan-intervals.ts";
import { compileFilter } from "../filter/row-filter.ts";
import { isColumn, propertiesOf } from "../filter/row-select.ts";
import { wantedRows } from "../filter/wanted-rows.ts";
import type { ParsedSegmentation } from "../parse/parsed-query.ts";
import type { QueryRun } from "../query-run.ts";
import { countMisfits } from "./counters/row-values.ts";
import { addFooterDay, canUseFooters } from "./footer-counts.ts";
import { numberPropertyOf, propertyOf } from "./measure-rules.ts";
import type { MemoryBudget } from "./memory-budget.ts";
import { createMemoryBudget } from "./memory-budget.ts";
import { sessionsFrom } from "./row-sessions.ts";
import type { SegmentSpace } from "./segment-space.ts";
import { createSegmentSpace } from "./segment-space.ts";
import type { SegmentationPart, SegmentationTask } from "./segmentation-part.ts";
import type { SeriesPass } from "./series-passes.ts";
import { createPasses } from "./series-passes.ts";

/**
 * Does a task over the shards of the run.
 * @throws {ShaleError} MEMORY_EXCEEDED, and what a scan throws
 */
export async function scanSegmentation(
  run: QueryRun,
  parsed: ParsedSegmentation,
  _asOfMs: number,
  task: SegmentationTask,
): Promise<SegmentationPart> {
  const budget = createMemoryBudget(run.memoryBytesMax);
  const intervals = planIntervals(parsed);
  const space = parsed.by === undefined ? undefined : createSegmentSpace(parsed.by);
  const sessionsFromMs = await sessionsFrom(run, parsed, budget);
  const passes = createPasses(parsed, task, {
    cohorts: run.cohorts,
    intervals,
    space,
    budget,
    sessionsFromMs,
  });
  const counting = { intervals, space, budget, phase: task.phase };
  const skipped = await countRows(run, parsed, passes, counting);
  const isFirst = task.phase === "count";
  return {
    segments: isFirst && space !== undefined ? segmentsOf(space) : [],
    overall: passes.flatMap(({ overall }) => (overall === undefined ? [] : [overall.part()])),
    segmented: passes.flatMap(({ segmented }) =>
      segmented === undefined ? [] : [segmented.part()],
    ),
    skipped: isFirst ? skipped : 0,
  };
}

function segmentsOf(space: SegmentSpace) {
  return Array.from({ length: space.count }, (_, segment) => space.valuesOf(segment));
}

interface Counting {
  readonly intervals: Intervals;
  readonly space: SegmentSpace | undefined;
  readonly budget: MemoryBudget;
  readonly phase: SegmentationTask["phase"];
}

/** Gives back how many rows had a value that did not fit their series. */
async function countRows(
  run: QueryRun,
  parsed: ParsedSegmentation,
  passes: readonly SeriesPass[],
  { intervals, space, budget, phase }: Counting,
): Promise<number> {
  const where = parsed.where === undefined ? undefined : compileFilter(parsed.where, run.cohorts);
  const hasSessions = passes.some(({ series }) => series.measure.kind === "sessions");
  const canTakeFooters = phase === "count" && canUseFooters(parsed, intervals);
  const scan = {
    fromMs: Math.min(...passes.map(({ source }) => source.fromMs)),
    toMs: Math.max(...passes.map(({ source }) => source.toMs)),
    columns: columnsOf(parsed, passes),
    order: hasSessions ? "user" : "none",
    // A session may begin with any event.
    wanted: hasSessions
      ? undefined
      : wantedRows(
          parsed.where,
          passes.map(({ series }) => series.select),
        ),
    takeFooter: canTakeFooters
      ? (day: FooterDay) => addFooterDay(day, intervals, passes)
      : undefined,
  } as const;
  let skipped = 0;
  for await (const batch of run.scan(scan, phase === "count" ? "count" : "count others")) {
    const isIn = where?.maskOf(batch);
    const masks = passes.map(({ select }) => select.maskOf(batch, isIn));
    const cells = space?.cellsOf(batch, unionOf(masks));
    if (space !== undefined) budget.hold(space, space.byteCount);
    for (const [index, { series, source, overall, segmented }] of passes.entries()) {
      const runs = source.reader.of(batch, masks[index]);
      overall?.add(batch, runs, undefined);
      if (cells !== undefined) segmented?.add(batch, runs, cells);
      const property = numberPropertyOf(series.measure);
      if (property !== undefined) skipped += countMisfits(batch, runs, property);
    }
  }
  return skipped;
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

function columnsOf({ where, by }: ParsedSegmentation, passes: readonly SeriesPass[]): string[] {
  const names = [
    ...propertiesOf(where),
    ...passes.flatMap(({ series }) => propertiesOf(series.select.where)),
    ...passes.flatMap(({ series }) => propertyOf(series.measure) ?? []).filter(isColumn),
    ...(by ?? []).map(({ property }) => property).filter(isColumn),
  ];
  return [...new Set(names)];
}
