import type { EventSelect, RetentionQuery, TimeUnit } from "@shale/model";
import { ShaleError } from "@shale/model";
import { parseWhere } from "../parse-where.ts";
import type { BreakdownArguments, RangeArguments } from "./question-range.ts";
import { breakdownOf, given, rangeOf, rangeWords, sentence } from "./question-range.ts";

/** The flags of `shale retain`. */
export interface RetainArguments extends RangeArguments, BreakdownArguments {
  readonly birth: readonly string[];
  readonly birthWhere: readonly string[];
  readonly return: readonly string[];
  readonly returnWhere: readonly string[];
  readonly unit: TimeUnit;
  readonly buckets?: number | undefined;
  readonly brackets?: string | undefined;
  readonly clock?: RetentionQuery["clock"];
  readonly mode?: RetentionQuery["mode"];
  readonly cohort?: RetentionQuery["cohort"];
  readonly minOccurrences?: number | undefined;
  readonly average?: RetentionQuery["average"];
}

/** @throws {ShaleError} USAGE */
export function retentionQueryOf(options: RetainArguments, nowMs: number): RetentionQuery {
  const { unit, buckets, brackets, clock, mode, cohort, minOccurrences, average } = options;
  return {
    kind: "retention",
    ...rangeOf(options, nowMs),
    birth: selectOf(options.birth, options.birthWhere),
    return: selectOf(options.return, options.returnWhere),
    unit,
    ...given({
      buckets,
      brackets: brackets === undefined ? undefined : bracketsOf(brackets),
      clock,
      mode,
      cohort,
      minOccurrences,
      average,
    }),
    ...breakdownOf(options),
  };
}

function selectOf(events: readonly string[], wheres: readonly string[]): EventSelect {
  return given({
    event: events.length > 1 ? events : events[0],
    where: parseWhere(wheres),
  });
}

/** `0,1-3,4-7`. */
function bracketsOf(text: string): [number, number][] {
  return text.split(",").map((part) => {
    const match = /^\s*(\d{1,6})(?:-(\d{1,6}))?\s*$/.exec(part);
    if (match === null) {
      throw new ShaleError(
        "USAGE",
        `Cannot use ${JSON.stringify(text)} for --brackets: write buckets and ranges of them, as in 0,1-3,4-7`,
      );
    }
    const first = Number(match[1]);
    return [first, match[2] === undefined ? first : Number(match[2])];
  });
}

const cohorts = {
  perInterval: "",
  firstInRange: "their first one in the range",
  firstEver: "their first one ever",
  firstMatching: "their first one that matches",
} as const;

/** `join, then view by day from …`. */
export function retentionHeading(options: RetainArguments, query: RetentionQuery): string {
  const names = (events: readonly string[]): string =>
    events.length === 0 ? "any event" : events.join(" or ");
  const { birth, birthWhere, returnWhere, unit, cohort } = options;
  const who = sentence([
    names(birth),
    birthWhere.length > 0 ? `where ${birthWhere.join(" and ")}` : "",
  ]);
  return sentence([
    `${who}, then ${names(options.return)}`,
    returnWhere.length > 0 ? `where ${returnWhere.join(" and ")}` : "",
    `by ${unit}`,
    cohort === undefined || cohort === "perInterval" ? "" : `of ${cohorts[cohort]}`,
    ...rangeWords(options, query),
  ]);
}
