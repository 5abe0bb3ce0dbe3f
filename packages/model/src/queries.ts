/**
 * The query document, complete as in the contract, section 3. Kinds that this version does not
 * answer are typed here, so that programs compile against the whole contract; the parser refuses
 * them with QUERY_NOT_BUILT.
 */
export type Instant = string | number | Date;
export type TimeUnit = "minute" | "hour" | "day" | "week" | "month";
/** mo = 30 days. */
export type Span = `${number}${"ms" | "s" | "m" | "h" | "d" | "w" | "mo"}`;
export type WeekStart = "monday" | "sunday";

export const filterOps = [
  "eq",
  "neq",
  "in",
  "notIn",
  "lt",
  "lte",
  "gt",
  "gte",
  "isSet",
  "isNotSet",
  "contains",
  "notContains",
  "startsWith",
  "endsWith",
] as const;
export type FilterOp = (typeof filterOps)[number];

/** An absent property satisfies only neq, notIn, notContains and isNotSet. */
export interface PropertyFilter {
  readonly property: string;
  readonly op: FilterOp;
  readonly value?: unknown;
  readonly ignoreCase?: boolean | undefined;
}
export type Filter =
  | PropertyFilter
  | { readonly all: readonly Filter[] }
  | { readonly any: readonly Filter[] }
  | { readonly not: Filter }
  | { readonly cohort: Cohort };

/** Which events count; no `event` = any event. */
export interface EventSelect {
  readonly event?: string | readonly string[] | undefined;
  readonly where?: Filter | undefined;
  readonly label?: string | undefined;
}

/** `buckets`: ascending edges of half-open ranges [a, b). */
export type By = string | { readonly property: string; readonly buckets: readonly number[] };

export type Cohort =
  | { readonly all: readonly Cohort[] }
  | { readonly any: readonly Cohort[] }
  | { readonly not: Cohort }
  | {
      readonly did: EventSelect;
      readonly times?: { readonly op: "gte" | "lte" | "eq"; readonly value: number } | undefined;
      readonly within?: Span | undefined;
    }
  | { readonly firstTime: EventSelect; readonly within?: Span | undefined }
  | {
      readonly funnel: FunnelQuery;
      readonly reached?: number | undefined;
      readonly droppedAt?: number | undefined;
    }
  | { readonly active: EventSelect; readonly days: number; readonly of: number };

/** Half-open [from, to); a date is local midnight in `timezone` (default UTC). */
export interface QueryRange {
  readonly from: Instant;
  readonly to: Instant;
  readonly timezone?: string | undefined;
  readonly weekStart?: WeekStart | undefined;
  readonly where?: Filter | undefined;
  readonly asOf?: Instant | undefined;
  readonly session?:
    | { readonly timeout?: Span | undefined; readonly splitAtMidnight?: boolean | undefined }
    | undefined;
}

export type PerUser =
  | "count"
  | { readonly sum: string }
  | { readonly avg: string }
  | { readonly min: string }
  | { readonly max: string }
  | { readonly distinct: string };
export type PerUserThen =
  | "avg"
  | "median"
  | "sum"
  | "min"
  | "max"
  | { readonly percentile: number };
export type Measure =
  | "total"
  | "unique"
  | "sessions"
  | "dau"
  | "wau"
  | "mau"
  | "cumulativeUnique"
  | { readonly sum: string }
  | { readonly avg: string }
  | { readonly min: string }
  | { readonly max: string }
  | { readonly median: string }
  | { readonly distinct: string }
  | { readonly percentile: number; readonly of: string }
  | { readonly perUser: PerUser; readonly then: PerUserThen };

export interface SegmentationSeries {
  readonly select: EventSelect;
  readonly measure: Measure;
  readonly label?: string | undefined;
}
export interface SegmentationQuery extends QueryRange {
  readonly kind: "segmentation";
  readonly unit: TimeUnit | "range";
  readonly series: readonly SegmentationSeries[];
  readonly by?: readonly By[] | undefined;
  readonly limit?: number | undefined; // 10
  readonly formula?: string | undefined;
  readonly rolling?: number | undefined;
  readonly cumulative?: boolean | undefined;
}

export interface FunnelStep extends EventSelect {
  readonly optional?: boolean | undefined;
}
export interface FunnelExclusion extends EventSelect {
  readonly between?: readonly [number, number] | undefined; // 1-based, [1, n]
}
export interface FunnelQuery extends QueryRange {
  readonly kind: "funnel";
  readonly steps: readonly FunnelStep[];
  readonly window: Span | { readonly sessions: number } | null;
  readonly order?: "ordered" | "strict" | "any" | undefined;
  readonly entry?: "first" | "optimized" | undefined;
  readonly count?: "uniques" | "totals" | "sessions" | undefined;
  readonly exclude?: readonly FunnelExclusion[] | undefined;
  readonly onExclude?: "dropoff" | "remove" | undefined;
  readonly ignore?: readonly EventSelect[] | undefined;
  readonly holdConstant?: readonly string[] | undefined;
  readonly by?: readonly By[] | undefined;
  readonly limit?: number | undefined;
  readonly attribution?:
    | "firstDefined"
    | "lastDefined"
    | "allSteps"
    | { readonly step: number }
    | undefined;
  readonly attemptWhere?: Filter | undefined;
  readonly ties?:
    | { readonly quantumMs: number; readonly rule: "favourable" | "strict" }
    | undefined;
  readonly trend?:
    | { readonly mode: "perInterval" | "byEntry"; readonly unit: TimeUnit }
    | undefined;
}

export interface RetentionQuery extends QueryRange {
  readonly kind: "retention";
  readonly birth: EventSelect;
  readonly return: EventSelect;
  readonly unit: TimeUnit;
  readonly buckets?: number | undefined; // 8; bucket 0 counts
  readonly brackets?: readonly (readonly [number, number])[] | undefined;
  readonly clock?: "rolling" | "calendar" | undefined;
  readonly mode?: "on" | "onOrAfter" | "onOrBefore" | "streak" | undefined;
  readonly cohort?: "perInterval" | "firstInRange" | "firstEver" | "firstMatching" | undefined;
  readonly minOccurrences?: number | undefined; // 1
  readonly by?: readonly By[] | undefined;
  readonly limit?: number | undefined;
  readonly average?: "pooled" | "simple" | undefined;
}

export interface FlowQuery extends QueryRange {
  readonly kind: "flow";
  readonly anchors: readonly EventSelect[];
  readonly before?: number | undefined; // 0
  readonly after?: number | undefined; // 3
  readonly count?: "uniques" | "totals" | "sessions" | undefined;
  readonly window?: Span | undefined; // 30d
  readonly collapseRepeats?: boolean | undefined;
  readonly hide?: readonly EventSelect[] | undefined;
  readonly include?: readonly EventSelect[] | undefined;
  readonly groupBy?: string | undefined;
  readonly topK?: number | undefined; // 3
  readonly mode?: "graph" | "paths" | undefined;
  readonly paths?: number | undefined; // 50
}

export interface LifecycleQuery extends QueryRange {
  readonly kind: "lifecycle";
  readonly select: EventSelect;
  readonly unit: TimeUnit;
}

export interface StickinessQuery extends QueryRange {
  readonly kind: "stickiness";
  readonly select: EventSelect;
  readonly unit: TimeUnit;
  readonly mode?: "exact" | "atLeast" | undefined;
  readonly minEvents?: number | undefined;
}

/** Who: a cohort, or the people behind any number of another query. */
export interface UsersQuery {
  readonly kind: "users";
  readonly cohort?: Cohort | undefined;
  readonly of?: Query | undefined;
  readonly cell?:
    | {
        readonly interval?: string | undefined;
        readonly segment?: readonly unknown[] | undefined;
        readonly series?: number | undefined;
        readonly step?: number | undefined;
        readonly outcome?: "reached" | "dropped" | "pending" | undefined;
        readonly bucket?: number | undefined;
        readonly offset?: number | undefined;
        readonly label?: string | undefined;
      }
    | undefined;
  readonly from?: Instant | undefined;
  readonly to?: Instant | undefined;
  readonly timezone?: string | undefined;
  readonly asOf?: Instant | undefined;
  readonly limit?: number | undefined; // 100
  readonly cursor?: string | undefined;
}

export interface TimelineQuery {
  readonly kind: "timeline";
  readonly user_id: string;
  readonly from?: Instant | undefined;
  readonly to?: Instant | undefined;
  readonly timezone?: string | undefined;
  readonly select?: EventSelect | undefined;
  readonly direction?: "asc" | "desc" | undefined;
  readonly limit?: number | undefined; // 100
  readonly cursor?: string | undefined;
}

export interface QueryOf {
  segmentation: SegmentationQuery;
  funnel: FunnelQuery;
  retention: RetentionQuery;
  flow: FlowQuery;
  lifecycle: LifecycleQuery;
  stickiness: StickinessQuery;
  users: UsersQuery;
  timeline: TimelineQuery;
}
export type QueryKind = keyof QueryOf;
export type Query = QueryOf[QueryKind];
