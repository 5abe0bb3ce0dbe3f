import type { By, QueryRange, Span, WeekStart } from "@shale/model";
import { ShaleError, spanMs } from "@shale/model";
import { parseBy } from "../parse-by.ts";
import { parseWhere } from "../parse-where.ts";
import { instantOf, timeRangeOf } from "../time-range.ts";

/** The options that every question has. */
export interface RangeArguments {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly asOf?: string | undefined;
  readonly timezone?: string | undefined;
  readonly weekStart?: WeekStart | undefined;
  readonly where: readonly string[];
}
/** The options of questions with a breakdown. */
export interface BreakdownArguments {
  readonly by: readonly string[];
  readonly limit?: number | undefined;
}
/** The options of questions that may count sessions. */
export interface SessionArguments {
  readonly sessionTimeout?: string | undefined;
  readonly splitAtMidnight?: boolean | undefined;
}

/** @throws {ShaleError} USAGE */
export function rangeOf(options: RangeArguments, nowMs: number): QueryRange {
  const { asOf, timezone, weekStart } = options;
  return given({
    ...timeRangeOf(options, nowMs),
    timezone,
    weekStart,
    where: parseWhere(options.where),
    asOf: asOf === undefined ? undefined : instantOf(asOf),
  });
}

export function breakdownOf({ by, limit }: BreakdownArguments) {
  const keys: readonly By[] | undefined = by.length === 0 ? undefined : by.map(parseBy);
  return given({ by: keys, limit });
}

/** @throws {ShaleError} USAGE */
export function sessionOf({ sessionTimeout, splitAtMidnight }: SessionArguments) {
  if (sessionTimeout === undefined && splitAtMidnight === undefined) return {};
  const timeout =
    sessionTimeout === undefined ? undefined : spanOf("--session-timeout", sessionTimeout);
  return { session: given({ timeout, splitAtMidnight }) };
}

/** The text of a span above 0. @throws {ShaleError} USAGE */
export function spanOf(name: string, text: string): Span {
  if (isSpan(text)) return text;
  throw new ShaleError(
    "USAGE",
    `Cannot use ${JSON.stringify(text)} for ${name}: it takes a number above 0 and a unit, as in 7d; units are ms, s, m, h, d, w and mo (30 days)`,
  );
}

function isSpan(text: string): text is Span {
  return spanMs(text) !== undefined;
}

/** Leaves out what was not said, so that a query holds nothing but what somebody asked for. */
export function given<T extends object>(fields: T): T {
  const said = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(said) as T;
}

/** The end of a heading: `by country where price>10 from 2026-10-01 to before 2026-10-31 UTC`. */
export function rangeWords(
  options: RangeArguments & Partial<BreakdownArguments>,
  { from, to }: QueryRange,
): string[] {
  const { where, timezone, by = [] } = options;
  return [
    by.length > 0 ? `by ${by.join(", ")}` : "",
    where.length > 0 ? `where ${where.join(" and ")}` : "",
    `from ${from} to before ${to}`,
    timezone ?? "UTC",
  ];
}

export function sentence(words: readonly string[]): string {
  return words.filter((word) => word !== "").join(" ");
}
