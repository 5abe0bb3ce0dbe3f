import { parseCohort } from "./cohort/parse-cohort.ts";
import { parseFilter } from "./parse-filter.ts";
import { parseInstant } from "./parse-instant.ts";
import { checkOrder, parseTimezone } from "./parse-range.ts";
import type { ParsedSelect } from "./parsed-query.ts";
import { documentPlace, fieldsOf, integerOf, isAbsent } from "./query-place.ts";

/** Which events to read; an undefined bound is open. */
export interface ParsedEventsRange {
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
  readonly timezone: string;
  readonly select: ParsedSelect;
  readonly limit: number;
}

/**
 * Parses the range of `project.events` and `export`: from, to, timezone, where, limit.
 *
 * @throws {ShaleError} QUERY_INVALID with the path
 */
export function parseEventsRange(document: unknown): ParsedEventsRange {
  const place = documentPlace(document, parseCohort);
  const names = ["from", "to", "timezone", "where", "limit"];
  const fields = fieldsOf(place, names, "a range of events");
  const timezone = parseTimezone(fields.at("timezone"));
  const instantAt = (name: string): number | undefined =>
    isAbsent(fields.at(name)) ? undefined : parseInstant(fields.at(name), timezone);
  const fromMs = instantAt("from");
  const toMs = instantAt("to");
  if (fromMs !== undefined && toMs !== undefined) checkOrder(fields.at("to"), fromMs, toMs);
  const where = fields.at("where");
  const limit = fields.at("limit");
  return {
    fromMs,
    toMs,
    timezone,
    select: {
      events: undefined,
      where: isAbsent(where) ? undefined : parseFilter(where),
      label: undefined,
    },
    limit: isAbsent(limit)
      ? Number.POSITIVE_INFINITY
      : integerOf(limit, "a limit", { min: 1, max: Number.MAX_SAFE_INTEGER }),
  };
}
