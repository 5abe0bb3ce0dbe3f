import { parseBy, parseLimit } from "../parse-by.ts";
import { parseRange, rangeFields } from "../parse-range.ts";
import { parseSelect } from "../parse-select.ts";
import type { ParsedRetention } from "../parsed-query.ts";
import type { Fields, Place } from "../query-place.ts";
import { fieldsOf, integerOf, isAbsent, oneOf } from "../query-place.ts";
import { timeUnits } from "../time-units.ts";
import { parseBrackets } from "./parse-brackets.ts";

const FIELDS = [
  "kind",
  ...rangeFields,
  "birth",
  "return",
  "unit",
  "buckets",
  "brackets",
  "clock",
  "mode",
  "cohort",
  "minOccurrences",
  "by",
  "limit",
  "average",
];
const OCCURRENCES_MAX = 1_000_000;
const clocks = ["rolling", "calendar"] as const;
const modes = ["on", "onOrAfter", "onOrBefore", "streak"] as const;
const cohorts = ["perInterval", "firstInRange", "firstEver", "firstMatching"] as const;
const averages = ["pooled", "simple"] as const;

/** @throws {ShaleError} QUERY_INVALID */
export function parseRetention(place: Place): ParsedRetention {
  const fields = fieldsOf(place, FIELDS, "a retention");
  const occurrences = fields.at("minOccurrences");
  return {
    kind: "retention",
    ...parseRange(fields),
    birth: parseSelect(fields.at("birth")),
    return: parseSelect(fields.at("return")),
    unit: oneOf(fields.at("unit"), timeUnits, "a unit of time"),
    brackets: parseBrackets(fields),
    clock: choiceOf(fields, "clock", clocks),
    mode: choiceOf(fields, "mode", modes),
    cohort: choiceOf(fields, "cohort", cohorts),
    minOccurrences: isAbsent(occurrences)
      ? 1
      : integerOf(occurrences, "a number of returns", { min: 1, max: OCCURRENCES_MAX }),
    by: parseBy(fields.at("by")),
    limit: parseLimit(fields.at("limit")),
    average: choiceOf(fields, "average", averages),
  };
}

/** One of the names; the first when the field is absent. */
function choiceOf<T extends string>(
  fields: Fields,
  name: string,
  allowed: readonly [T, ...T[]],
): T {
  const place = fields.at(name);
  return isAbsent(place) ? allowed[0] : oneOf(place, allowed, `a ${name}`);
}
