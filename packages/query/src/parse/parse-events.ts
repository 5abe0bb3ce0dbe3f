import { parseFilter } from "./parse-filter.ts";
import { parseInstant } from "./parse-instant.ts";
import { checkOrder, parseTimezone } from "./parse-range.ts";
import type { ParsedFilter } from "./parsed-query.ts";
import { fieldsOf, isAbsent } from "./query-place.ts";

/** Which events to read, one by one. */
export interface ParsedEvents {
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
  readonly where: ParsedFilter | undefined;
}

/**
 * Reads `{ from?, to?, timezone?, where? }`, each as in a query; a date is midnight in `timezone`.
 *
 * @throws {ShaleError} QUERY_INVALID with `path`, or QUERY_NOT_BUILT for a cohort
 */
export function parseEvents(document: unknown): ParsedEvents {
  const place = { value: document, path: "" };
  const fields = fieldsOf(place, ["from", "to", "timezone", "where"], "a range of events");
  const timezone = parseTimezone(fields.at("timezone"));
  const instantAt = (name: string): number | undefined =>
    isAbsent(fields.at(name)) ? undefined : parseInstant(fields.at(name), timezone);
  const fromMs = instantAt("from");
  const toMs = instantAt("to");
  if (fromMs !== undefined && toMs !== undefined) checkOrder(fields.at("to"), fromMs, toMs);
  const where = fields.at("where");
  return { fromMs, toMs, where: isAbsent(where) ? undefined : parseFilter(where) };
}
