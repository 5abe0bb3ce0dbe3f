import { LIMIT_MAX } from "./parse-by.ts";
import { parseInstant } from "./parse-instant.ts";
import { checkOrder, parseTimezone } from "./parse-range.ts";
import { parseSelect } from "./parse-select.ts";
import type { ParsedTimeline } from "./parsed-query.ts";
import type { Place } from "./query-place.ts";
import { fieldsOf, integerOf, isAbsent, oneOf, stringOf } from "./query-place.ts";

const FIELDS = [
  "kind",
  "user_id",
  "from",
  "to",
  "timezone",
  "select",
  "direction",
  "limit",
  "cursor",
];

/** @throws {ShaleError} QUERY_INVALID */
export function parseTimeline(place: Place): ParsedTimeline {
  const fields = fieldsOf(place, FIELDS, "a timeline");
  const timezone = parseTimezone(fields.at("timezone"));
  const instantAt = (name: string): number | undefined =>
    isAbsent(fields.at(name)) ? undefined : parseInstant(fields.at(name), timezone);
  const fromMs = instantAt("from");
  const toMs = instantAt("to");
  if (fromMs !== undefined && toMs !== undefined) checkOrder(fields.at("to"), fromMs, toMs);
  const select = fields.at("select");
  const direction = fields.at("direction");
  const limit = fields.at("limit");
  const cursor = fields.at("cursor");
  return {
    kind: "timeline",
    userId: stringOf(fields.at("user_id"), "the user"),
    fromMs,
    toMs,
    timezone,
    select: isAbsent(select)
      ? { events: undefined, where: undefined, label: undefined }
      : parseSelect(select),
    direction: isAbsent(direction)
      ? "asc"
      : oneOf(direction, ["asc", "desc"] as const, "a direction"),
    limit: isAbsent(limit) ? 100 : integerOf(limit, "a limit", { min: 1, max: LIMIT_MAX }),
    cursor: isAbsent(cursor) ? undefined : stringOf(cursor, "the cursor of an earlier answer"),
  };
}
