import { parseRange, rangeFields } from "../parse-range.ts";
import { parseSelect } from "../parse-select.ts";
import type { ParsedStickiness } from "../parsed-query.ts";
import type { Place } from "../query-place.ts";
import { fieldsOf, integerOf, isAbsent, oneOf } from "../query-place.ts";
import { timeUnits } from "../time-units.ts";

const FIELDS = ["kind", ...rangeFields, "select", "unit", "mode", "minEvents"];
const EVENTS_MAX = 1_000_000;

/** @throws {ShaleError} QUERY_INVALID */
export function parseStickiness(place: Place): ParsedStickiness {
  const fields = fieldsOf(place, FIELDS, "a stickiness");
  const mode = fields.at("mode");
  const minEvents = fields.at("minEvents");
  return {
    kind: "stickiness",
    ...parseRange(fields),
    select: parseSelect(fields.at("select")),
    unit: oneOf(fields.at("unit"), timeUnits, "a unit of time"),
    mode: isAbsent(mode) ? "exact" : oneOf(mode, ["exact", "atLeast"] as const, "a mode"),
    minEvents: isAbsent(minEvents)
      ? 1
      : integerOf(minEvents, "a number of events", { min: 1, max: EVENTS_MAX }),
  };
}
