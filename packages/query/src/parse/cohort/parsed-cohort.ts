import type { ParsedFunnel } from "../funnel/parsed-funnel.ts";
import type { ParsedSelect } from "../parsed-query.ts";

/** Which users are meant. Windows of `withinMs` and days end at the query's now. */
export type ParsedCohort =
  | { readonly kind: "all" | "any"; readonly cohorts: readonly ParsedCohort[] }
  | { readonly kind: "not"; readonly cohort: ParsedCohort }
  | ParsedDid
  | ParsedFirstTime
  | ParsedActive
  | ParsedFunnelCohort;

export interface ParsedDid {
  readonly kind: "did";
  readonly select: ParsedSelect;
  readonly times: { readonly op: "gte" | "lte" | "eq"; readonly value: number };
  /** undefined: ever. */
  readonly withinMs: number | undefined;
}

export interface ParsedFirstTime {
  readonly kind: "firstTime";
  readonly select: ParsedSelect;
  readonly withinMs: number | undefined;
}

export interface ParsedActive {
  readonly kind: "active";
  readonly select: ParsedSelect;
  /** Active on so many of the last `of` local days, at least. */
  readonly days: number;
  readonly of: number;
}

export interface ParsedFunnelCohort {
  readonly kind: "funnel";
  readonly funnel: ParsedFunnel;
  /** From 1. */
  readonly step: number;
  readonly outcome: "reached" | "dropped";
}
