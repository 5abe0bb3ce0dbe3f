import type { ParsedBy } from "./parsed-query.ts";
import { queryInvalid } from "./query-errors.ts";
import type { Place } from "./query-place.ts";
import { fieldsOf, integerOf, isAbsent, listOf, numberOf, stringOf } from "./query-place.ts";

const KEY_COUNT_MAX = 4;
const EDGE_COUNT_MAX = 1000;
export const LIMIT_MAX = 10_000;

/** The keys of a breakdown; undefined when there are none. @throws {ShaleError} QUERY_INVALID */
export function parseBy(place: Place): ParsedBy[] | undefined {
  if (isAbsent(place)) return undefined;
  const keys = listOf(place, "properties to break down by", { min: 0, max: KEY_COUNT_MAX });
  return keys.length === 0 ? undefined : keys.map(parseKey);
}

/** How many segments are listed: default 10. @throws {ShaleError} QUERY_INVALID */
export function parseLimit(place: Place): number {
  return isAbsent(place) ? 10 : integerOf(place, "a limit", { min: 1, max: LIMIT_MAX });
}

function parseKey(place: Place): ParsedBy {
  if (typeof place.value === "string") return { property: place.value, buckets: undefined };
  const fields = fieldsOf(place, ["property", "buckets"], "a property name, or a key with buckets");
  const edges = fields.at("buckets");
  const buckets = listOf(edges, "edges", { min: 2, max: EDGE_COUNT_MAX }).map((edge) =>
    numberOf(edge, "an edge"),
  );
  for (const [index, edge] of buckets.entries()) {
    if (index === 0 || edge > (buckets[index - 1] ?? edge)) continue;
    throw queryInvalid(
      `${edges.path}[${index}]`,
      `${edges.path} must rise: ${edge} does not lie above ${buckets[index - 1]}`,
    );
  }
  return { property: stringOf(fields.at("property"), "the name of a property"), buckets };
}
