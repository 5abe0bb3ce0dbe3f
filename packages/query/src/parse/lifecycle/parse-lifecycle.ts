import { parseRange, rangeFields } from "../parse-range.ts";
import { parseSelect } from "../parse-select.ts";
import type { ParsedLifecycle } from "../parsed-query.ts";
import type { Place } from "../query-place.ts";
import { fieldsOf, oneOf } from "../query-place.ts";
import { timeUnits } from "../time-units.ts";

/** @throws {ShaleError} QUERY_INVALID */
export function parseLifecycle(place: Place): ParsedLifecycle {
  const fields = fieldsOf(place, ["kind", ...rangeFields, "select", "unit"], "a lifecycle");
  return {
    kind: "lifecycle",
    ...parseRange(fields),
    select: parseSelect(fields.at("select")),
    unit: oneOf(fields.at("unit"), timeUnits, "a unit of time"),
  };
}
