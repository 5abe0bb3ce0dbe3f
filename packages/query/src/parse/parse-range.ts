import { isTimezone } from "../calendar/zone-offsets.ts";
import { parseFilter } from "./parse-filter.ts";
import { parseInstant } from "./parse-instant.ts";
import type { ParsedFilter } from "./parsed-query.ts";
import { queryInvalid } from "./query-errors.ts";
import type { Fields, Place } from "./query-place.ts";
import { booleanOf, fieldsOf, isAbsent, oneOf, stringOf, wrongValue } from "./query-place.ts";

/** The fields that every query over a range has. */
export const rangeFields = ["from", "to", "timezone", "weekStart", "where", "asOf", "session"];

export interface ParsedRange {
  readonly fromMs: number;
  readonly toMs: number;
  readonly timezone: string;
  readonly weekStart: "monday" | "sunday";
  readonly where: ParsedFilter | undefined;
  readonly asOfMs: number | undefined;
}

/** @throws {ShaleError} QUERY_INVALID, or QUERY_NOT_BUILT for parts of a cohort */
export function parseRange(fields: Fields): ParsedRange {
  const timezone = parseTimezone(fields.at("timezone"));
  const fromMs = parseInstant(fields.at("from"), timezone);
  const toMs = parseInstant(fields.at("to"), timezone);
  checkOrder(fields.at("to"), fromMs, toMs);
  const weekStart = fields.at("weekStart");
  const where = fields.at("where");
  const asOf = fields.at("asOf");
  checkSession(fields.at("session"));
  return {
    fromMs,
    toMs,
    timezone,
    weekStart: isAbsent(weekStart)
      ? "monday"
      : oneOf(weekStart, ["monday", "sunday"] as const, "a first day of the week"),
    where: isAbsent(where) ? undefined : parseFilter(where),
    asOfMs: isAbsent(asOf) ? undefined : parseInstant(asOf, timezone),
  };
}

export function parseTimezone(place: Place): string {
  if (isAbsent(place)) return "UTC";
  const name = stringOf(place, "a time zone");
  if (!isTimezone(name)) throw wrongValue(place, "a time zone by its IANA name (Europe/Berlin)");
  return name;
}

export function checkOrder(to: Place, fromMs: number, toMs: number): void {
  if (fromMs < toMs) return;
  const [from, until] = [fromMs, toMs].map((ms) => new Date(ms).toISOString());
  throw queryInvalid(to.path, `${to.path} must lie after from: ${until} does not follow ${from}`);
}

const SPAN = /^\d+(?:\.\d+)?(?:ms|s|m|h|d|w|mo)$/;

/** Sessions are counted by none of the measures built; the option is checked all the same. */
function checkSession(place: Place): void {
  if (isAbsent(place)) return;
  const fields = fieldsOf(place, ["timeout", "splitAtMidnight"], "a session");
  const timeout = fields.at("timeout");
  if (!isAbsent(timeout)) {
    const text = stringOf(timeout, "a span");
    if (!SPAN.test(text) || Number.parseFloat(text) === 0) {
      throw wrongValue(timeout, "a span above 0, a number with ms, s, m, h, d, w or mo (30m)");
    }
  }
  const split = fields.at("splitAtMidnight");
  if (!isAbsent(split)) booleanOf(split, "splitAtMidnight");
}
