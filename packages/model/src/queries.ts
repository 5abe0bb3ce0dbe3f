/** The query document, complete as in the contract, section 3. */
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

/** Names that a query may use. By default any text; `defineEvents` gives those of an application. */
export interface EventVocabulary {
  readonly event: string;
  /** Also `$event` and `$user_id`. */
  readonly property: string;
  /** Properties whose values are numbers. */
  readonly number: string;
}

/** An absent property satisfies only neq, notIn, notContains and isNotSet. */
export interface PropertyFilter<V extends EventVocabulary = EventVocabulary> {
  readonly property: V["property"];
  readonly op: FilterOp;
  readonly value?: unknown;
  readonly ignoreCase?: boolean | undefined;
}
export type Filter<V extends EventVocabulary = EventVocabulary> =
  | PropertyFilter<V>
  | { readonly all: readonly Filter<V>[] }
  | { readonly any: readonly Filter<V>[] }
  | { readonly not: Filter<V> }
  | { readonly cohort: Cohort<V> };

/** Which events count; no `event` = any event. */
export interface EventSelect<V extends EventVocabulary = EventVocabulary> {
  readonly event?: V["event"] | readonly V["event"][] | undefined;
  readonly where?: Filter<V> | undefined;
  readonly label?: string | undefined;
}

/** `buckets`: ascending edges of half-open ranges [a, b). */
export type By<V extends EventVocabulary = EventVocabulary> =
  | V["property"]
  | { readonly property: V["property"]; readonly buckets: readonly number[] };

export type Cohort<V extends EventVocabulary = EventVocabulary> =
  | { readonly all: readonly Cohort<V>[] }
  | { readonly any: readonly Cohort<V>[] }
  | { readonly not: Cohort<V> }
  | {
      readonly did: EventSelect<V>;
      readonly times?: { readonly op: "gte" | "lte" | "eq"; readonly value: number } | undefined;
      readonly within?: Span | undefined;
    }
  | { readonly firstTime: EventSelect<V>; readonly within?: Span | undefined }
  | {
      readonly funnel: FunnelQuery<V>;
      readonly reached?: number | undefined;
      readonly droppedAt?: number | undefined;
    }
  | { readonly active: EventSelect<V>; readonly days: number; readonly of: number };

/** Half-open [from, to); a date is local midnight in `timezone` (default UTC). */
export interface QueryRange<V extends EventVocabulary = EventVocabulary> {
  readonly from: Instant;
  readonly to: Instant;
  readonly timezone?: string | undefined;
  readonly weekStart?: WeekStart | undefined;
  readonly where?: Filter<V> | undefined;
  readonly asOf?: Instant | undefined;
  readonly session?:
    | { readonly timeout?: Span | undefined; readonly splitAtMidnight?: boolean | undefined }
    | undefined;
}

export type PerUser<V extends EventVocabulary = EventVocabulary> =
  | "count"
  | { readonly sum: V["number"] }
  | { readonly avg: V["number"] }
  | { readonly min: V["number"] }
  | { readonly max: V["number"] }
  | { readonly distinct: V["property"] };
export type PerUserThen =
  | "avg"
  | "median"
  | "sum"
  | "min"
  | "max"
  | { readonly percentile: number };
export type Measure<V extends EventVocabulary = EventVocabulary> =
  | "total"
  | "unique"
  | "sessions"
  | "dau"
  | "wau"
  | "mau"
  | "cumulativeUnique"
  | { readonly sum: V["number"] }
  | { readonly avg: V["number"] }
  | { readonly min: V["number"] }
  | { readonly max: V["number"] }
  | { readonly median: V["number"] }
  | { readonly distinct: V["property"] }
  | { readonly percentile: number; readonly of: V["number"] }
  | { readonly perUser: PerUser<V>; readonly then: PerUserThen };

export interface SegmentationSeries<V extends EventVocabulary = EventVocabulary> {
  readonly select: EventSelect<V>;
  readonly measure: Measure<V>;
  readonly label?: string | undefined;
}
export interface SegmentationQuery<V extends EventVocabulary = EventVocabulary>
  extends QueryRange<V> {
  readonly kind: "segmentation";
  readonly unit: TimeUnit | "range";
  readonly series: readonly SegmentationSeries<V>[];
  readonly by?: readonly By<V>[] | undefined;
  readonly limit?: number | undefined; // 10
  readonly formula?: string | undefined;
  readonly rolling?: number | undefined;
  readonly cumulative?: boolean | undefined;
}

export interface FunnelStep<V extends EventVocabulary = EventVocabulary> extends EventSelect<V> {
  readonly optional?: boolean | undefined;
}
export interface FunnelExclusion<V extends EventVocabulary = EventVocabulary>
  extends EventSelect<V> {
  readonly between?: readonly [number, number] | undefined; // 1-based, [1, n]
}
export interface FunnelQuery<V extends EventVocabulary = EventVocabulary> extends QueryRange<V> {
  readonly kind: "funnel";
  readonly steps: readonly FunnelStep<V>[];
  readonly window: Span | { readonly sessions: number } | null;
  readonly order?: "ordered" | "strict" | "any" | undefined;
  readonly entry?: "first" | "optimized" | undefined;
  readonly count?: "uniques" | "totals" | "sessions" | undefined;
  readonly exclude?: readonly FunnelExclusion<V>[] | undefined;
  readonly onExclude?: "dropoff" | "remove" | undefined;
  readonly ignore?: readonly EventSelect<V>[] | undefined;
  readonly holdConstant?: readonly V["property"][] | undefined;
  readonly by?: readonly By<V>[] | undefined;
  readonly limit?: number | undefined;
  readonly attribution?:
    | "firstDefined"
    | "lastDefined"
    | "allSteps"
    | { readonly step: number }
    | undefined;
  readonly attemptWhere?: Filter<V> | undefined;
  readonly ties?:
    | { readonly quantumMs: number; readonly rule: "favourable" | "strict" }
    | undefined;
  readonly trend?:
    | { readonly mode: "perInterval" | "byEntry"; readonly unit: TimeUnit }
    | undefined;
}

export interface RetentionQuery<V extends EventVocabulary = EventVocabulary> extends QueryRange<V> {
  readonly kind: "retention";
  readonly birth: EventSelect<V>;
  readonly return: EventSelect<V>;
  readonly unit: TimeUnit;
  readonly buckets?: number | undefined; // 8; bucket 0 counts
  readonly brackets?: readonly (readonly [number, number])[] | undefined;
  readonly clock?: "rolling" | "calendar" | undefined;
  readonly mode?: "on" | "onOrAfter" | "onOrBefore" | "streak" | undefined;
  readonly cohort?: "perInterval" | "firstInRange" | "firstEver" | "firstMatching" | undefined;
  readonly minOccurrences?: number | undefined; // 1
  readonly by?: readonly By<V>[] | undefined;
  readonly limit?: number | undefined;
  readonly average?: "pooled" | "simple" | undefined;
}

export interface FlowQuery<V extends EventVocabulary = EventVocabulary> extends QueryRange<V> {
  readonly kind: "flow";
  readonly anchors: readonly EventSelect<V>[];
  readonly before?: number | undefined; // 0
  readonly after?: number | undefined; // 3
  readonly count?: "uniques" | "totals" | "sessions" | undefined;
  readonly window?: Span | undefined; // 30d
  readonly collapseRepeats?: boolean | undefined;
  readonly hide?: readonly EventSelect<V>[] | undefined;
  readonly include?: readonly EventSelect<V>[] | undefined;
  readonly groupBy?: V["property"] | undefined;
  readonly topK?: number | undefined; // 3
  readonly mode?: "graph" | "paths" | undefined;
  readonly paths?: number | undefined; // 50
}

export interface LifecycleQuery<V extends EventVocabulary = EventVocabulary> extends QueryRange<V> {
  readonly kind: "lifecycle";
  readonly select: EventSelect<V>;
  readonly unit: TimeUnit;
}

export interface StickinessQuery<V extends EventVocabulary = EventVocabulary>
  extends QueryRange<V> {
  readonly kind: "stickiness";
  readonly select: EventSelect<V>;
  readonly unit: TimeUnit;
  readonly mode?: "exact" | "atLeast" | undefined;
  readonly minEvents?: number | undefined;
}

/** Who: a cohort, or the people behind any number of another query. */
export interface UsersQuery<V extends EventVocabulary = EventVocabulary> {
  readonly kind: "users";
  readonly cohort?: Cohort<V> | undefined;
  readonly of?: Query<V> | undefined;
  readonly cell?:
    | {
        readonly interval?: string | undefined;
        readonly segment?: readonly unknown[] | undefined;
        readonly other?: true | undefined; // the rest, instead of a segment, label or labels
        readonly series?: number | undefined;
        readonly step?: number | undefined;
        readonly outcome?: "reached" | "dropped" | "pending" | undefined;
        readonly bucket?: number | undefined;
        readonly anchor?: number | undefined; // 0
        readonly offset?: number | undefined;
        readonly label?: string | undefined;
        readonly labels?: readonly string[] | undefined; // of a path
      }
    | undefined;
  readonly from?: Instant | undefined;
  readonly to?: Instant | undefined;
  readonly timezone?: string | undefined;
  readonly asOf?: Instant | undefined;
  readonly limit?: number | undefined; // 100
  readonly cursor?: string | undefined;
}

export interface TimelineQuery<V extends EventVocabulary = EventVocabulary> {
  readonly kind: "timeline";
  readonly user_id: string;
  readonly from?: Instant | undefined;
  readonly to?: Instant | undefined;
  readonly timezone?: string | undefined;
  readonly select?: EventSelect<V> | undefined;
  readonly direction?: "asc" | "desc" | undefined;
  readonly limit?: number | undefined; // 100
  readonly cursor?: string | undefined;
}

export interface QueryOf<V extends EventVocabulary = EventVocabulary> {
  segmentation: SegmentationQuery<V>;
  funnel: FunnelQuery<V>;
  retention: RetentionQuery<V>;
  flow: FlowQuery<V>;
  lifecycle: LifecycleQuery<V>;
  stickiness: StickinessQuery<V>;
  users: UsersQuery<V>;
  timeline: TimelineQuery<V>;
}
export type QueryKind = keyof QueryOf;
export type Query<V extends EventVocabulary = EventVocabulary> = QueryOf<V>[QueryKind];
