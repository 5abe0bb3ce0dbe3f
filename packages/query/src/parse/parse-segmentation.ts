import { parseMeasure } from "./parse-measure.ts";
import { parseRange, rangeFields } from "./parse-range.ts";
import { labelOf, parseSelect } from "./parse-select.ts";
import type { ParsedBy, ParsedSegmentation, ParsedSeries } from "./parsed-query.ts";
import { queryInvalid, queryNotBuilt } from "./query-errors.ts";
import type { Place } from "./query-place.ts";
import {
  booleanOf,
  fieldsOf,
  integerOf,
  isAbsent,
  listOf,
  numberOf,
  oneOf,
  stringOf,
} from "./query-place.ts";

const units = ["minute", "hour", "day", "week", "month", "range"] as const;
const FIELDS = [
  "kind",
  ...rangeFields,
  "unit",
  "by",
  "limit",
  "series",
  "formula",
  "rolling",
  "cumulative",
];
const SERIES_COUNT_MAX = 26; // Each has a letter.
const KEY_COUNT_MAX = 4;
const EDGE_COUNT_MAX = 1000;
export const LIMIT_MAX = 10_000;

/** @throws {ShaleError} QUERY_INVALID, or QUERY_NOT_BUILT for parts not answered yet */
export function parseSegmentation(place: Place): ParsedSegmentation {
  const fields = fieldsOf(place, FIELDS, "a segmentation");
  const limit = fields.at("limit");
  const parsed: ParsedSegmentation = {
    kind: "segmentation",
    ...parseRange(fields),
    unit: oneOf(fields.at("unit"), units, "a unit of time"),
    by: parseKeys(fields.at("by")),
    limit: isAbsent(limit) ? 10 : integerOf(limit, "a limit", { min: 1, max: LIMIT_MAX }),
    series: listOf(fields.at("series"), "series", { min: 1, max: SERIES_COUNT_MAX }).map(
      parseSeries,
    ),
  };
  for (const name of ["formula", "rolling"]) {
    if (!isAbsent(fields.at(name))) throw queryNotBuilt(fields.at(name).path, `the option ${name}`);
  }
  const cumulative = fields.at("cumulative");
  if (!isAbsent(cumulative) && booleanOf(cumulative, "cumulative")) {
    throw queryNotBuilt(cumulative.path, "the option cumulative");
  }
  return parsed;
}

function parseSeries(place: Place): ParsedSeries {
  const fields = fieldsOf(place, ["select", "measure", "label"], "a series");
  const select = parseSelect(fields.at("select"));
  const label = fields.at("label");
  return {
    select,
    measure: parseMeasure(fields.at("measure")),
    label: isAbsent(label) ? labelOf(select) : stringOf(label, "a label"),
  };
}

function parseKeys(place: Place): ParsedBy[] | undefined {
  if (isAbsent(place)) return undefined;
  const keys = listOf(place, "properties to break down by", { min: 0, max: KEY_COUNT_MAX });
  return keys.length === 0 ? undefined : keys.map(parseKey);
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
