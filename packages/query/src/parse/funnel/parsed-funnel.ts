import type { TimeUnit, WeekStart } from "@shale/model";
import type { ParsedSession } from "../parse-range.ts";
import type { ParsedBy, ParsedFilter, ParsedSelect } from "../parsed-query.ts";

export interface ParsedFunnel {
  readonly kind: "funnel";
  readonly fromMs: number;
  readonly toMs: number;
  readonly timezone: string;
  readonly weekStart: WeekStart;
  readonly asOfMs: number | undefined;
  readonly where: ParsedFilter | undefined;
  /** 1 to 100; the first is required. */
  readonly steps: readonly ParsedStep[];
  /** From the first step, its end included; null: no limit in time. */
  readonly windowMs: number | null;
  /** The session of the first step, and so many less one behind it; undefined: they do not matter. */
  readonly windowSessions: number | undefined;
  readonly session: ParsedSession;
  readonly order: "ordered" | "strict" | "any";
  /** Always "optimized" for order "strict". */
  readonly entry: "first" | "optimized";
  readonly count: "uniques" | "totals" | "sessions";
  readonly exclude: readonly ParsedExclusion[];
  readonly onExclude: "dropoff" | "remove";
  readonly ignore: readonly ParsedSelect[];
  /** At most 3 properties. */
  readonly holdConstant: readonly string[];
  readonly by: readonly ParsedBy[] | undefined;
  readonly limit: number;
  readonly attribution: "firstDefined" | "lastDefined" | "allSteps" | { readonly step: number };
  /** On the attributed values; attempts that do not satisfy it do not count. */
  readonly attemptWhere: ParsedFilter | undefined;
  readonly ties: { readonly quantumMs: number; readonly rule: "favourable" | "strict" };
  readonly trend: { readonly mode: "perInterval" | "byEntry"; readonly unit: TimeUnit } | undefined;
}

export interface ParsedStep {
  readonly label: string;
  readonly select: ParsedSelect;
  readonly optional: boolean;
}

/** Hits after step `after` was matched and before step `before` was: required steps, from 1. */
export interface ParsedExclusion {
  readonly select: ParsedSelect;
  readonly after: number;
  readonly before: number;
}
