import { parseBy, parseLimit } from "../parse-by.ts";
import { parseRange, parseSession, rangeFields } from "../parse-range.ts";
import { labelOf, parseSelect } from "../parse-select.ts";
import type { ParsedSegmentation, ParsedSeries } from "../parsed-query.ts";
import { queryNotBuilt } from "../query-errors.ts";
import type { Place } from "../query-place.ts";
import { booleanOf, fieldsOf, isAbsent, listOf, oneOf, stringOf } from "../query-place.ts";
import { parseMeasure } from "./parse-measure.ts";

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

/** @throws {ShaleError} QUERY_INVALID, or QUERY_NOT_BUILT for parts not answered yet */
export function parseSegmentation(place: Place): ParsedSegmentation {
  const fields = fieldsOf(place, FIELDS, "a segmentation");
  const parsed: ParsedSegmentation = {
    kind: "segmentation",
    ...parseRange(fields),
    session: parseSession(fields.at("session")),
    unit: oneOf(fields.at("unit"), units, "a unit of time"),
    by: parseBy(fields.at("by")),
    limit: parseLimit(fields.at("limit")),
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
