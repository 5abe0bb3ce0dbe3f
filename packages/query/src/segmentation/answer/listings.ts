import type { SegmentationSegment } from "@shale/model";
import type { ParsedFormula } from "../../parse/segmentation/parsed-formula.ts";
import type { RankedSegment } from "../segment-order.ts";
import { compareSegments } from "../segment-order.ts";
import { evaluateFormula } from "./evaluate-formula.ts";
import type { FirstCounts } from "./first-counts.ts";
import { rankedSegments } from "./first-counts.ts";
import type { Numbers } from "./read-cells.ts";
import { rangesOf } from "./read-cells.ts";
import type { ChosenSegments } from "./segment-views.ts";

/** Segments as the answer lists them: the top ones in their order, the rest as one. */
export interface Listing {
  readonly top: readonly RankedSegment[];
  readonly rest: readonly RankedSegment[];
}

export function listingOf(first: FirstCounts, series: number, limit: number): Listing {
  const cells = first.segmented[series];
  const ranked = cells === undefined ? [] : rankedSegments(cells, first.valuesOf);
  return { top: ranked.slice(0, limit), rest: ranked.slice(limit) };
}

/** The segments that any series of a formula has, ranked by the formula over the whole range. */
export function formulaListing(
  first: FirstCounts,
  { root, series }: ParsedFormula,
  limit: number,
): Listing {
  const cells = series.flatMap((index) => first.segmented[index] ?? []);
  const rangeOf = new Map(
    series.map((index, place) => [index, cells[place] && rangesOf(cells[place])]),
  );
  const ranked: RankedSegment[] = [];
  const segmentCount = cells[0]?.slotCount ?? 0;
  for (let segment = 0; segment < segmentCount; segment++) {
    if (!cells.some(({ present }) => present[segment] === 1)) continue;
    const range = evaluateFormula(root, (index) => rangeOf.get(index)?.(segment) ?? null);
    ranked.push({ segment, by: first.valuesOf(segment), range });
  }
  ranked.sort(compareSegments);
  return { top: ranked.slice(0, limit), rest: ranked.slice(limit) };
}

/** What is asked of one series for a listing. */
export function viewOf(first: FirstCounts, series: number, { top, rest }: Listing): ChosenSegments {
  const present = first.segmented[series]?.present;
  const numbersOf = (some: readonly RankedSegment[]) => some.map(({ segment }) => segment);
  return {
    series,
    chosen: numbersOf(top),
    rest: numbersOf(rest).filter((segment) => present?.[segment] === 1),
  };
}

export function segmentsOf(
  { top, rest }: Listing,
  numbersOf: (place: number | "rest") => Numbers,
): SegmentationSegment[] {
  const segments: SegmentationSegment[] = top.map(({ by }, place) => {
    return { by: [...by], ...numbersOf(place) };
  });
  if (rest.length > 0) segments.push({ by: [], other: true, ...numbersOf("rest") });
  return segments;
}
