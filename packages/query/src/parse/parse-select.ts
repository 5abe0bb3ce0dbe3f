import { parseFilter } from "./parse-filter.ts";
import type { ParsedSelect } from "./parsed-query.ts";
import { queryInvalid } from "./query-errors.ts";
import type { Place } from "./query-place.ts";
import { fieldsOf, isAbsent, listOf, stringOf, wrongValue } from "./query-place.ts";

const EVENT_NAMES_MAX = 1000;

/**
 * `more`: fields beside those of a select that the caller reads.
 * @throws {ShaleError} QUERY_INVALID
 */
export function parseSelect(place: Place, more: readonly string[] = []): ParsedSelect {
  const fields = fieldsOf(place, ["event", "where", "label", ...more], "a select");
  const where = fields.at("where");
  const label = fields.at("label");
  return {
    events: parseEventNames(fields.at("event")),
    where: isAbsent(where) ? undefined : parseFilter(where),
    label: isAbsent(label) ? undefined : stringOf(label, "a label"),
  };
}

function parseEventNames(place: Place): string[] | undefined {
  if (isAbsent(place)) return undefined;
  if (typeof place.value === "string") return [eventNameOf(place)];
  if (!Array.isArray(place.value)) throw wrongValue(place, "an event name or a list of them");
  return listOf(place, "event names", { min: 1, max: EVENT_NAMES_MAX }).map(eventNameOf);
}

function eventNameOf(place: Place): string {
  const name = stringOf(place, "an event name");
  if (name === "") throw queryInvalid(place.path, `${place.path} is empty: no event has that name`);
  return name;
}

/** What a series is called when nobody named it. */
export function labelOf(select: ParsedSelect): string {
  return select.label ?? select.events?.join(", ") ?? "any event";
}
