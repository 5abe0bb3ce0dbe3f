import { LIMIT_MAX } from "../parse-by.ts";
import { parseInstant } from "../parse-instant.ts";
import { checkOrder, parseTimezone } from "../parse-range.ts";
import type { ParsedQuery } from "../parsed-query.ts";
import { queryInvalid } from "../query-errors.ts";
import type { Fields, Place } from "../query-place.ts";
import { fieldsOf, integerOf, isAbsent, stringOf } from "../query-place.ts";
import { parseCellOf } from "./parse-cell.ts";
import type { ParsedUsers, ParsedWho } from "./parsed-users.ts";

const FIELDS = [
  "kind",
  "cohort",
  "of",
  "cell",
  "from",
  "to",
  "timezone",
  "asOf",
  "limit",
  "cursor",
];

/**
 * `parseInner` reads the query that `of` holds.
 *
 * @throws {ShaleError} QUERY_INVALID
 */
export function parseUsers(place: Place, parseInner: (place: Place) => ParsedQuery): ParsedUsers {
  const fields = fieldsOf(place, FIELDS, "a query for users");
  const timezone = parseTimezone(fields.at("timezone"));
  const asOf = fields.at("asOf");
  const limit = fields.at("limit");
  const cursor = fields.at("cursor");
  return {
    kind: "users",
    who: parseWho(fields, timezone, parseInner),
    timezone,
    asOfMs: isAbsent(asOf) ? undefined : parseInstant(asOf, timezone),
    limit: isAbsent(limit) ? 100 : integerOf(limit, "a limit", { min: 1, max: LIMIT_MAX }),
    cursor: isAbsent(cursor) ? undefined : stringOf(cursor, "the cursor of an earlier answer"),
  };
}

function parseWho(
  fields: Fields,
  timezone: string,
  parseInner: (place: Place) => ParsedQuery,
): ParsedWho {
  const [cohort, of] = [fields.at("cohort"), fields.at("of")];
  if (isAbsent(cohort) && isAbsent(of)) {
    throw queryInvalid(cohort.path, "cohort or of must say who is meant: both are missing");
  }
  if (!isAbsent(of)) {
    refuse(cohort, "of says who is meant");
    for (const name of ["from", "to"]) refuse(fields.at(name), "the range is that of the query of");
    return parseCellOf(of, fields.at("cell"), parseInner);
  }
  refuse(fields.at("cell"), "only a query of has cells");
  const instantAt = (name: string): number | undefined =>
    isAbsent(fields.at(name)) ? undefined : parseInstant(fields.at(name), timezone);
  const [fromMs, toMs] = [instantAt("from"), instantAt("to")];
  if (fromMs !== undefined && toMs !== undefined) checkOrder(fields.at("to"), fromMs, toMs);
  return { kind: "members", cohort: cohort.nesting.parseCohort(cohort), fromMs, toMs };
}

function refuse(place: Place, why: string): void {
  if (!isAbsent(place)) {
    throw queryInvalid(place.path, `${place.path} must be left out: ${why}`);
  }
}
