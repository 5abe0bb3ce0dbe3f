import type { SegmentationAnswerSeries, SegmentationSegment } from "@shale/model";
import type { ParsedSegmentation } from "../parse/parsed-query.ts";
import type { OverallCounts } from "./overall-counts.ts";
import type { SegmentCounts, SlotPlan } from "./segment-counts.ts";
import type { RankedSegment } from "./segment-order.ts";
import { compareSegments } from "./segment-order.ts";
import type { SegmentSpace } from "./segment-space.ts";

export interface CountedSeries {
  readonly parsed: ParsedSegmentation;
  /** Index of the series in the query. */
  readonly series: number;
  readonly overall: OverallCounts | undefined;
  readonly segments: SegmentCounts | undefined;
  readonly space: SegmentSpace | undefined;
}

export interface SeriesDraft {
  /** What a second pass has to count before the answer stands; undefined when nothing is open. */
  readonly open: SlotPlan | undefined;
  /** Takes the numbers of the second pass. */
  complete(counts: SegmentCounts): void;
  answer(): SegmentationAnswerSeries;
}

/** The answer of one series after the first pass: the top segments by their measure, the rest as one. */
export function answerSeries(counted: CountedSeries): SeriesDraft {
  const { parsed, series, overall, segments, space } = counted;
  const answer: SegmentationAnswerSeries = {
    label: parsed.series[series]?.label ?? "",
    overall: { values: [...(overall?.values ?? [])], range: overall?.range ?? 0 },
  };
  if (segments === undefined || space === undefined) {
    return { open: undefined, complete: () => undefined, answer: () => answer };
  }
  const ranked = rankedSegments(segments, space);
  const top = ranked.slice(0, parsed.limit);
  const rest = ranked.slice(parsed.limit);
  const plan = slotPlanOf(top, space);
  if (isOpen(counted, segments, rest)) {
    return {
      open: plan,
      complete(counts) {
        answer.segments = top.map((segment, slot) => segmentOf(segment, counts, slot));
        if (rest.length > 0) answer.segments.push(otherOf(counts, [top.length]));
      },
      answer: () => answer,
    };
  }
  answer.segments = top.map((segment) => segmentOf(segment, segments, segment.segment));
  const slots = rest.map(({ segment }) => segment);
  if (slots.length > 0) answer.segments.push(otherOf(segments, slots));
  return { open: undefined, complete: () => undefined, answer: () => answer };
}

function rankedSegments({ table }: SegmentCounts, space: SegmentSpace): RankedSegment[] {
  const ranked: RankedSegment[] = [];
  for (let segment = 0; segment < table.slotCount; segment++) {
    if (table.present[segment] !== 1) continue;
    ranked.push({ segment, by: space.valuesOf(segment), range: table.range[segment] ?? 0 });
  }
  return ranked.sort(compareSegments);
}

/**
 * The rest is one more segment, counted from rows: a user of two segments in it is one user, an
 * event of two is one event. Only where no event is in two do totals simply add up.
 */
function isOpen(
  { parsed, series }: CountedSeries,
  segments: SegmentCounts,
  rest: readonly RankedSegment[],
): boolean {
  if (segments.table.values === undefined) return true;
  if (rest.length === 0) return false;
  return parsed.series[series]?.measure === "unique" || segments.overlaps;
}

/** The top segments in their order, then one slot for everything else. */
function slotPlanOf(top: readonly RankedSegment[], space: SegmentSpace): SlotPlan {
  const slots = new Uint32Array(space.count).fill(top.length);
  for (const [slot, { segment }] of top.entries()) slots[segment] = slot;
  return { slotCount: () => top.length + 1, slots, membersOf: space.membersOf };
}

function segmentOf(
  { by }: RankedSegment,
  counts: SegmentCounts,
  slot: number,
): SegmentationSegment {
  return { by: [...by], ...sumOf(counts, [slot]) };
}

/** Everything below the limit: the sum of slots that share no event, or one slot. */
function otherOf(counts: SegmentCounts, slots: readonly number[]): SegmentationSegment {
  return { by: [], other: true, ...sumOf(counts, slots) };
}

function sumOf(
  { table, intervalCount }: SegmentCounts,
  slots: readonly number[],
): { readonly values: number[]; readonly range: number } {
  let range = 0;
  const values = new Array<number>(intervalCount).fill(0);
  for (const slot of slots) {
    range += table.range[slot] ?? 0;
    for (let interval = 0; interval < intervalCount; interval++) {
      const value = table.values?.[slot * intervalCount + interval] ?? 0;
      values[interval] = (values[interval] ?? 0) + value;
    }
  }
  return { values, range };
}
