import type { Scalar, StoredEvent } from "./events.ts";
import type { QueryKind } from "./queries.ts";

/** Where an answer stands and what it cost. Never part of an answer's value: it may differ between runs. */
export interface AnswerMeta {
  /** The query's now, ISO 8601 UTC. */
  asOf: string;
  spec: string;
  /** Opaque: names the exact cut that the answer stands on. */
  snapshot: string;
  timezone: string;
  stats: QueryStats;
}

export interface QueryStats {
  filesPlanned: number;
  filesPruned: number;
  filesFromFooter: number;
  rowsScanned: number;
  bytesRead: { memory: number; disk: number; store: number };
  shards: number;
  /** Shard tasks that were asked again. */
  retries: number;
  /** Rows whose value did not fit a numeric measure. */
  skipped: number;
  tieOverflow: number;
  /** First UTC day the store still holds; null when it holds nothing. */
  historyFrom: string | null;
  elapsedMs: number;
}

/** A breakdown value with its JSON type; null is "not set". */
export type SegmentValue = Exclude<Scalar, null> | null;

export interface Segment {
  by: SegmentValue[];
  /** True on the one segment that holds everything below the limit; its `by` is []. */
  other?: true;
}

/** Missing counts are 0; a rate, average or percentile of nothing is null. */
export interface SegmentationSegment extends Segment {
  values: (number | null)[];
  range: number | null;
}
export interface SegmentationAnswerSeries {
  label: string;
  /** Ignores the limit. */
  overall: { values: (number | null)[]; range: number | null };
  /** Only with `by`. */
  segments?: SegmentationSegment[];
}
export interface SegmentationAnswer {
  kind: "segmentation";
  /** day: `2026-10-01`; hour and minute: `2026-10-01T13:00:00+00:00`; week and month: their first day. */
  intervals: string[];
  series: SegmentationAnswerSeries[];
  meta: AnswerMeta;
}

export interface TimeToConvert {
  avg: number | null;
  median: number | null;
  p90: number | null;
}
export interface FunnelAnswerStep {
  label: string;
  count: number;
  fromFirst: number | null;
  fromPrevious: number | null;
  pending: number;
  timeFromPreviousMs?: TimeToConvert;
  timeFromFirstMs?: TimeToConvert;
}
export interface FunnelAnswer {
  kind: "funnel";
  order: "ordered" | "strict" | "any";
  steps: FunnelAnswerStep[];
  segments?: (Segment & { steps: FunnelAnswerStep[] })[];
  trendMode?: "perInterval" | "byEntry";
  trend?: { interval: string; steps: FunnelAnswerStep[] }[];
  meta: AnswerMeta;
}

export interface RetentionBucket {
  count: number;
  rate: number | null;
  complete: boolean;
}
export interface RetentionCohort {
  interval: string;
  size: number;
  buckets: RetentionBucket[];
}
export interface RetentionAnswer {
  kind: "retention";
  mode: "on" | "onOrAfter" | "onOrBefore" | "streak";
  clock: "rolling" | "calendar";
  brackets: [number, number][];
  cohorts: RetentionCohort[];
  average: { rate: number | null }[];
  segments?: (Segment & { cohorts: RetentionCohort[]; average: { rate: number | null }[] })[];
  meta: AnswerMeta;
}

export interface FlowNode {
  /** null together with `other: true`: everything below topK. */
  label: string | null;
  other?: true;
  count: number;
  dropOff: number;
  pending: number;
}
export interface FlowEdge {
  /** As in the step it comes from. */
  anchor?: number;
  offset: number;
  from: string | null;
  to: string | null;
  count: number;
}
export type FlowAnswer =
  | {
      kind: "flow";
      mode: "graph";
      /** `anchor`: which of several, from 0; left out when there is one. Offset 0 is the anchor itself. */
      steps: { anchor?: number; offset: number; nodes: FlowNode[] }[];
      edges: FlowEdge[];
      meta: AnswerMeta;
    }
  | {
      kind: "flow";
      mode: "paths";
      paths: { labels: string[]; count: number }[];
      other: number;
      meta: AnswerMeta;
    };

/** All counts are positive; each list has one value an interval. */
export interface LifecycleAnswer {
  kind: "lifecycle";
  intervals: string[];
  new: number[];
  returning: number[];
  resurrecting: number[];
  dormant: number[];
  meta: AnswerMeta;
}

export interface StickinessAnswer {
  kind: "stickiness";
  intervalCount: number;
  /** Index i: users active in i + 1 intervals. */
  users: number[];
  meta: AnswerMeta;
}

export interface UsersAnswer {
  kind: "users";
  users: { user_id: string }[];
  total: number;
  cursor: string | null;
  meta: AnswerMeta;
}

export interface TimelineAnswer {
  kind: "timeline";
  events: StoredEvent[];
  /** Pass it to the next query for the following events; null at the end. */
  cursor: string | null;
  meta: AnswerMeta;
}

export interface AnswerOf {
  segmentation: SegmentationAnswer;
  funnel: FunnelAnswer;
  retention: RetentionAnswer;
  flow: FlowAnswer;
  lifecycle: LifecycleAnswer;
  stickiness: StickinessAnswer;
  users: UsersAnswer;
  timeline: TimelineAnswer;
}
export type Answer = AnswerOf[QueryKind];
