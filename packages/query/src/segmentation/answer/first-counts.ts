import type { SegmentValue } from "@shale/model";
import { invariant } from "@shale/model";
import type { ParsedSegmentation } from "../../parse/parsed-query.ts";
import { createSegmentIndex } from "../../shards/segment-index.ts";
import type { MemoryBudget } from "../memory-budget.ts";
import type { RankedSegment } from "../segment-order.ts";
import { compareSegments } from "../segment-order.ts";
import type { CellsPart, SegmentationPart } from "../segmentation-part.ts";
import type { MergedCells } from "./merged-cells.ts";
import { mergeCells } from "./merged-cells.ts";
import { rangesOf } from "./read-cells.ts";

/** What all shards say after the first pass. */
export interface FirstCounts {
  /** By series, one slot. */
  readonly overall: readonly MergedCells[];
  /** By series, a slot for each segment; empty without a breakdown. */
  readonly segmented: readonly MergedCells[];
  valuesOf(segment: number): readonly SegmentValue[];
}

export interface Merging {
  readonly parsed: ParsedSegmentation;
  readonly intervalCount: number;
  readonly budget: MemoryBudget;
}

export function mergeFirst(parts: readonly SegmentationPart[], merging: Merging): FirstCounts {
  const { parsed } = merging;
  const shared = { ...merging, cumulative: parsed.cumulative };
  const index = createSegmentIndex();
  // Segments by their values, as those of two parts are numbered apart.
  const slots = parts.map(({ segments }) => Uint32Array.from(segments, index.indexOf));
  const cellsOf = (part: SegmentationPart, kind: "overall" | "segmented", at: number) =>
    cellsAt(part[kind], at);
  function merge(kind: "overall" | "segmented", slotCount: number): MergedCells[] {
    return parsed.series.map(({ measure }, at) =>
      mergeCells(
        parts.map((part, i) => ({
          part: cellsOf(part, kind, at),
          slots: kind === "overall" ? undefined : slots[i],
        })),
        { ...shared, measure, slotCount, keepsAll: kind === "overall" },
      ),
    );
  }
  return {
    overall: merge("overall", 1),
    segmented: parsed.by === undefined ? [] : merge("segmented", index.count),
    valuesOf: index.valuesOf,
  };
}

export function cellsAt(cells: readonly CellsPart[], at: number): CellsPart {
  const found = cells[at];
  invariant(found !== undefined, "a part has the numbers of every series that was asked for");
  return found;
}

/** The segments of a series that have a counted event, those of the greatest range first. */
export function rankedSegments(
  cells: MergedCells,
  valuesOf: (segment: number) => readonly SegmentValue[],
): RankedSegment[] {
  const rangeOf = rangesOf(cells);
  const ranked: RankedSegment[] = [];
  for (let segment = 0; segment < cells.slotCount; segment++) {
    if (cells.present[segment] !== 1) continue;
    ranked.push({ segment, by: valuesOf(segment), range: rangeOf(segment) });
  }
  return ranked.sort(compareSegments);
}
