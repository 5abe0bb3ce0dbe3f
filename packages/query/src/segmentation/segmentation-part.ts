import type { SegmentValue } from "@shale/model";
import type { AggregatePart } from "./cells/cell-aggregate.ts";

/**
 * What the shards are asked for. "count": every series, overall and for each of its segments.
 * "others": once the segments of the answer are known, those and the rest of each view.
 */
export type SegmentationTask =
  | { readonly phase: "count" }
  | { readonly phase: "others"; readonly views: readonly SegmentView[] };

/** Segments of a series by their values, each in a slot of its own; all others are in the next. */
export interface SegmentView {
  readonly series: number;
  readonly chosen: readonly (readonly SegmentValue[])[];
}

/** The numbers of one series by slot. A slot has `stride` cells: see `CellTable`. */
export interface CellsPart {
  readonly slotCount: number;
  readonly stride: number;
  /** 1 for slots that have a counted event, whatever their measure says. */
  readonly present: Uint8Array;
  /** True when an event was in several segments at once. */
  readonly overlaps: boolean;
  readonly state: AggregatePart;
}

/** What some shards know. Users of two parts are never the same ones, so parts merge exactly. */
export interface SegmentationPart {
  /** The values of the segments by number: other numbers in other parts. Empty for "others". */
  readonly segments: readonly (readonly SegmentValue[])[];
  /** By series, one slot each. Empty for "others". */
  readonly overall: readonly CellsPart[];
  /** With a breakdown: by series with a slot for each segment; for "others" by view. */
  readonly segmented: readonly CellsPart[];
  /** Rows whose value did not fit their series' measure. */
  readonly skipped: number;
}
