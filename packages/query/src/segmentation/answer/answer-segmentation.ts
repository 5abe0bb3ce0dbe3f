import type {
  SegmentationAnswer,
  SegmentationAnswerSeries,
  SegmentationSegment,
} from "@shale/model";
import { planIntervals } from "../../calendar/plan-intervals.ts";
import type { ParsedSegmentation } from "../../parse/parsed-query.ts";
import { createMemoryBudget } from "../memory-budget.ts";
import type { RankedSegment } from "../segment-order.ts";
import type { FirstCounts } from "./first-counts.ts";
import { mergeFirst, rankedSegments } from "./first-counts.ts";
import { readerOf } from "./read-cells.ts";
import type { AskShards, ChosenSegments, ViewNumbers } from "./segment-views.ts";
import { numbersOfViews } from "./segment-views.ts";

/** Segments of a series as the answer lists them. */
interface Listing {
  readonly top: readonly RankedSegment[];
  readonly rest: readonly RankedSegment[];
}

/**
 * Asks the shards, once or twice, and makes the answer. It does not depend on how the shards are
 * grouped into parts.
 *
 * @param memoryBytesMax - Bytes that the merged states may take.
 * @throws {ShaleError} MEMORY_EXCEEDED, and what `ask` throws
 */
export async function answerSegmentation(
  parsed: ParsedSegmentation,
  _asOfMs: number,
  ask: AskShards,
  memoryBytesMax = Number.POSITIVE_INFINITY,
): Promise<Omit<SegmentationAnswer, "meta">> {
  const intervals = planIntervals(parsed);
  const budget = createMemoryBudget(memoryBytesMax);
  const merging = { parsed, intervalCount: intervals.count, budget };
  const first = mergeFirst(await ask({ phase: "count" }), merging);
  const series = parsed.series.map((one, index): SegmentationAnswerSeries => {
    const cells = first.overall[index];
    const overall = cells === undefined ? { values: [], range: 0 } : readerOf(cells)(0);
    return { label: one.label, overall };
  });
  if (parsed.by !== undefined) {
    const listings = series.map((_, index) => listingOf(first, index, parsed.limit));
    const views = listings.map(viewOf);
    const numbers = await numbersOfViews(first, views, { ask, merging });
    for (const [index, one] of series.entries()) {
      one.segments = segmentsOf(listings[index], numbers[index]);
    }
  }
  return { kind: "segmentation", intervals: [...intervals.labels], series };
}

function listingOf(first: FirstCounts, series: number, limit: number): Listing {
  const cells = first.segmented[series];
  const ranked = cells === undefined ? [] : rankedSegments(cells, first.valuesOf);
  return { top: ranked.slice(0, limit), rest: ranked.slice(limit) };
}

function viewOf({ top, rest }: Listing, series: number): ChosenSegments {
  const numberOf = ({ segment }: RankedSegment): number => segment;
  return { series, chosen: top.map(numberOf), rest: rest.map(numberOf) };
}

function segmentsOf(
  { top, rest }: Listing = { top: [], rest: [] },
  numbers: ViewNumbers | undefined,
): SegmentationSegment[] {
  const nothing = { values: [], range: null };
  const segments: SegmentationSegment[] = top.map(({ by }, place) => {
    return { by: [...by], ...(numbers?.chosen[place] ?? nothing) };
  });
  if (rest.length > 0) segments.push({ by: [], other: true, ...(numbers?.rest ?? nothing) });
  return segments;
}
