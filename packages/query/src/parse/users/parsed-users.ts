import type { SegmentValue } from "@shale/model";
import type { ParsedCohort } from "../cohort/parsed-cohort.ts";
import type { ParsedFlow } from "../flow/parsed-flow.ts";
import type { ParsedFunnel } from "../funnel/parsed-funnel.ts";
import type {
  ParsedLifecycle,
  ParsedRetention,
  ParsedSegmentation,
  ParsedStickiness,
} from "../parsed-query.ts";

export interface ParsedUsers {
  readonly kind: "users";
  readonly who: ParsedWho;
  readonly timezone: string;
  readonly asOfMs: number | undefined;
  readonly limit: number;
  readonly cursor: string | undefined;
}

/** A cohort, or the users behind a number of another query. */
export type ParsedWho =
  | {
      readonly kind: "members";
      readonly cohort: ParsedCohort;
      /** Only users with an event in [fromMs, toMs); undefined: open. */
      readonly fromMs: number | undefined;
      readonly toMs: number | undefined;
    }
  | ParsedCellOf;

export type ParsedCellOf =
  | { readonly kind: "retention"; readonly of: ParsedRetention; readonly cell: RetentionCell }
  | { readonly kind: "funnel"; readonly of: ParsedFunnel; readonly cell: FunnelCell }
  | { readonly kind: "segmentation"; readonly of: ParsedSegmentation; readonly cell: SeriesCell }
  | { readonly kind: "flow"; readonly of: ParsedFlow; readonly cell: FlowCell }
  | { readonly kind: "lifecycle"; readonly of: ParsedLifecycle; readonly cell: LifecycleCell }
  | { readonly kind: "stickiness"; readonly of: ParsedStickiness; readonly cell: StickinessCell };

/** One value for each key of a breakdown; "others": those not listed; undefined: over all. */
export type CellSegment = readonly SegmentValue[] | "others" | undefined;

/** `cohort` and `bracket` by their place in the answer; without a bracket the whole cohort. */
export interface RetentionCell {
  readonly cohort: number;
  readonly bracket: number | undefined;
  readonly segment: CellSegment;
}

export interface FunnelCell {
  /** From 1. */
  readonly step: number;
  readonly outcome: "reached" | "dropped" | "pending";
  readonly segment: CellSegment;
  /** Place in the trend; undefined: the whole range. Never together with a segment. */
  readonly interval: number | undefined;
}

export interface SeriesCell {
  /** From 0. */
  readonly series: number;
  /** undefined: the whole range. */
  readonly interval: number | undefined;
  readonly segment: CellSegment;
}

export type FlowCell = FlowNodeCell | FlowPathCell;

export interface FlowNodeCell {
  readonly kind: "node";
  /** From 0. */
  readonly anchor: number;
  readonly offset: number;
  /** "others": those not listed; undefined: every one at the offset. */
  readonly node: { readonly label: string } | "others" | undefined;
  readonly outcome: "reached" | "dropped" | "pending";
}

export interface FlowPathCell {
  readonly kind: "path";
  /** The labels of a path; "others": the paths that the answer does not list. */
  readonly path: readonly string[] | "others";
}

export interface LifecycleCell {
  readonly interval: number;
  readonly label: "new" | "returning" | "resurrecting" | "dormant";
}

export interface StickinessCell {
  /** Active in so many intervals, from 1; in that many or more for mode "atLeast". */
  readonly intervals: number;
}
