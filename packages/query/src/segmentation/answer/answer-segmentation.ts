import type { SegmentationAnswer, SegmentationAnswerSeries } from "@shale/model";
import { invariant } from "@shale/model";
import type { Intervals } from "../../calendar/plan-intervals.ts";
import { planIntervals } from "../../calendar/plan-intervals.ts";
import type { ParsedSegmentation } from "../../parse/parsed-query.ts";
import { createMemoryBudget } from "../memory-budget.ts";
import { formulaNumbers } from "./evaluate-formula.ts";
import type { FirstCounts, Merging } from "./first-counts.ts";
import { mergeFirst } from "./first-counts.ts";
import { formulaListing, listingOf, segmentsOf, viewOf } from "./listings.ts";
import type { Numbers } from "./read-cells.ts";
import { readerOf } from "./read-cells.ts";
import { rollingMean } from "./rolling-mean.ts";
import type { AskShards, ViewNumbers } from "./segment-views.ts";
import { numbersOfViews } from "./segment-views.ts";

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
  const series = overallSeries(parsed, first, intervals);
  if (parsed.by !== undefined) await addSegments(series, first, { ask, merging });
  if (parsed.rolling !== undefined) {
    for (const { overall, segments = [] } of series) {
      for (const one of [overall, ...segments]) {
        one.values = rollingMean(one.values, parsed.rolling);
      }
    }
  }
  return { kind: "segmentation", intervals: [...intervals.labels], series };
}

/** Every series of the query, then that of its formula. */
function overallSeries(
  { series, formula }: ParsedSegmentation,
  { overall }: FirstCounts,
  { count }: Intervals,
): SegmentationAnswerSeries[] {
  const numbers = overall.map((cells) => readerOf(cells)(0));
  const answers = series.map(({ label }, index): SegmentationAnswerSeries => {
    const { values, range } = found(numbers[index]);
    return { label, overall: { values, range } };
  });
  if (formula === undefined) return answers;
  const { text, root } = formula;
  const computed = formulaNumbers(root, (index) => found(numbers[index]), count);
  return [...answers, { label: text, overall: computed }];
}

async function addSegments(
  answers: readonly SegmentationAnswerSeries[],
  first: FirstCounts,
  { ask, merging }: { readonly ask: AskShards; readonly merging: Merging },
): Promise<void> {
  const { parsed, intervalCount } = merging;
  const { formula, limit } = parsed;
  const listings = parsed.series.map((_, index) => listingOf(first, index, limit));
  const ofFormula = formula && formulaListing(first, formula, limit);
  const used = formula?.series ?? [];
  const views = [
    ...listings.map((listing, index) => viewOf(first, index, listing)),
    ...used.flatMap((index) => (ofFormula === undefined ? [] : viewOf(first, index, ofFormula))),
  ];
  const numbers = await numbersOfViews(first, views, { ask, merging });
  for (const [index, listing] of listings.entries()) {
    const answer = found(answers[index]);
    answer.segments = segmentsOf(listing, (place) => numbersAt(numbers[index], place));
  }
  if (formula === undefined || ofFormula === undefined) return;
  const viewOfSeries = new Map(used.map((index, at) => [index, numbers[listings.length + at]]));
  found(answers[listings.length]).segments = segmentsOf(ofFormula, (place) =>
    formulaNumbers(
      formula.root,
      (index) => numbersAt(viewOfSeries.get(index), place),
      intervalCount,
    ),
  );
}

function numbersAt(view: ViewNumbers | undefined, place: number | "rest"): Numbers {
  const { chosen, rest } = found(view);
  return place === "rest" ? rest : found(chosen[place]);
}

function found<T>(value: T | undefined): T {
  invariant(value !== undefined, "every series that is asked for has its numbers");
  return value;
}
