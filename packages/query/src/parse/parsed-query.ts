import type { FilterOp, TimeUnit, WeekStart } from "@shale/model";
import type { ParsedCohort } from "./cohort/parsed-cohort.ts";
import type { ParsedFlow } from "./flow/parsed-flow.ts";
import type { ParsedFunnel } from "./funnel/parsed-funnel.ts";
import type { ParsedSession } from "./parse-range.ts";
import type { ParsedFormula } from "./segmentation/parsed-formula.ts";
import type { ParsedMeasure } from "./segmentation/parsed-measure.ts";
import type { ParsedUsers } from "./users/parsed-users.ts";

/** A query after the parser: defaults filled in, instants in ms, nothing left to check. */
export type ParsedQuery =
  | ParsedSegmentation
  | ParsedFunnel
  | ParsedRetention
  | ParsedFlow
  | ParsedLifecycle
  | ParsedStickiness
  | ParsedUsers
  | ParsedTimeline;

export interface ParsedSegmentation {
  readonly kind: "segmentation";
  readonly fromMs: number;
  /** Greater than fromMs. */
  readonly toMs: number;
  readonly timezone: string;
  readonly weekStart: WeekStart;
  readonly asOfMs: number | undefined;
  readonly where: ParsedFilter | undefined;
  readonly session: ParsedSession;
  readonly unit: TimeUnit | "range";
  readonly series: readonly ParsedSeries[];
  /** undefined: no breakdown; else 1 to 4 keys. */
  readonly by: readonly ParsedBy[] | undefined;
  readonly limit: number;
  readonly formula: ParsedFormula | undefined;
  /** How many intervals a rolling mean is of; undefined: none is taken. */
  readonly rolling: number | undefined;
  /** Each number is that of the range up to its interval's end. */
  readonly cumulative: boolean;
}

/** What every query over a range has. */
type OverRange = Pick<
  ParsedSegmentation,
  "fromMs" | "toMs" | "timezone" | "weekStart" | "asOfMs" | "where"
>;

export interface ParsedRetention extends OverRange {
  readonly kind: "retention";
  readonly birth: ParsedSelect;
  readonly return: ParsedSelect;
  readonly unit: TimeUnit;
  /** One or more inclusive pairs, ascending and without overlap. */
  readonly brackets: readonly (readonly [number, number])[];
  readonly clock: "rolling" | "calendar";
  readonly mode: "on" | "onOrAfter" | "onOrBefore" | "streak";
  readonly cohort: "perInterval" | "firstInRange" | "firstEver" | "firstMatching";
  readonly minOccurrences: number;
  readonly by: readonly ParsedBy[] | undefined;
  readonly limit: number;
  readonly average: "pooled" | "simple";
}

export interface ParsedLifecycle extends OverRange {
  readonly kind: "lifecycle";
  readonly select: ParsedSelect;
  readonly unit: TimeUnit;
}

export interface ParsedStickiness extends OverRange {
  readonly kind: "stickiness";
  readonly select: ParsedSelect;
  readonly unit: TimeUnit;
  readonly mode: "exact" | "atLeast";
  readonly minEvents: number;
}

export interface ParsedSeries {
  readonly label: string;
  readonly select: ParsedSelect;
  readonly measure: ParsedMeasure;
}

export interface ParsedSelect {
  /** undefined = any event; never empty. */
  readonly events: readonly string[] | undefined;
  readonly where: ParsedFilter | undefined;
  readonly label: string | undefined;
}

export interface ParsedBy {
  readonly property: string;
  /** Two or more strictly ascending edges of [a, b). */
  readonly buckets: readonly number[] | undefined;
}

export type FilterValue = string | number | boolean;
export type ParsedFilter =
  | ParsedPropertyFilter
  | { readonly kind: "all" | "any"; readonly filters: readonly ParsedFilter[] }
  | { readonly kind: "not"; readonly filter: ParsedFilter }
  | { readonly kind: "cohort"; readonly cohort: ParsedCohort };
export interface ParsedPropertyFilter {
  readonly kind: "property";
  readonly property: string;
  readonly op: FilterOp;
  /** One value, any number for in and notIn, none for isSet and isNotSet. */
  readonly values: readonly FilterValue[];
  readonly ignoreCase: boolean;
}

export interface ParsedTimeline {
  readonly kind: "timeline";
  readonly userId: string;
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
  readonly timezone: string;
  readonly select: ParsedSelect;
  readonly direction: "asc" | "desc";
  readonly limit: number;
  readonly cursor: string | undefined;
}
