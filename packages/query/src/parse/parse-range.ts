import { spanMs } from "@shale/model";
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

/** @throws {ShaleError} QUERY_INVALID */
export function parseRange(fields: Fields): ParsedRange {
  const timezone = parseTimezone(fields.at("timezone"));
  const fromMs = parseInstant(fields.at("from"), timezone);
  const toMs = parseInstant(fields.at("to"), timezone);
  checkOrder(fields.at("to"), fromMs, toMs);
  const weekStart = fields.at("weekStart");
  const where = fields.at("where");
  const asOf = fields.at("asOf");
  parseSession(fields.at("session")); // Checked for kinds, too, that have no sessions.
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

export interface ParsedSession {
  /** A longer gap between two events begins a new session. */
  readonly timeoutMs: number;
  /** True: so does a local midnight. */
  readonly splitAtMidnight: boolean;
}

const TIMEOUT_MS = 30 * 60_000;

/** How sessions are told apart: by gaps of more than 30 minutes when nothing is said. */
export function parseSession(place: Place): ParsedSession {
  if (isAbsent(place)) return { timeoutMs: TIMEOUT_MS, splitAtMidnight: false };
  const fields = fieldsOf(place, ["timeout", "splitAtMidnight"], "a session");
  const timeout = fields.at("timeout");
  const split = fields.at("splitAtMidnight");
  return {
    timeoutMs: isAbsent(timeout) ? TIMEOUT_MS : timeoutMsOf(timeout),
    splitAtMidnight: !isAbsent(split) && booleanOf(split, "splitAtMidnight"),
  };
}

function timeoutMsOf(place: Place): number {
  const ms = spanMs(stringOf(place, "a span"));
  if (ms !== undefined) return ms;
  throw wrongValue(place, "a span above 0, a number with ms, s, m, h, d, w or mo (30m)");
}
