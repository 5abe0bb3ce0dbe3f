import { unreachable } from "@shale/model";
import { parseBy, parseLimit } from "../parse-by.ts";
import { parseRange, parseSession, rangeFields } from "../parse-range.ts";
import { labelOf, parseSelect } from "../parse-select.ts";
import type { ParsedSegmentation, ParsedSeries } from "../parsed-query.ts";
import { queryInvalid } from "../query-errors.ts";
import type { Place } from "../query-place.ts";
import {
  booleanOf,
  fieldsOf,
  integerOf,
  isAbsent,
  listOf,
  oneOf,
  stringOf,
} from "../query-place.ts";
import { parseFormula } from "./parse-formula.ts";
import { parseMeasure } from "./parse-measure.ts";
import type { ParsedMeasure } from "./parsed-measure.ts";

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
const ROLLING_BOUNDS = { min: 1, max: 1000 };
const SERIES_COUNT_MAX = 26; // Each has a letter.

/** @throws {ShaleError} QUERY_INVALID */
export function parseSegmentation(place: Place): ParsedSegmentation {
  const fields = fieldsOf(place, FIELDS, "a segmentation");
  const series = listOf(fields.at("series"), "series", { min: 1, max: SERIES_COUNT_MAX }).map(
    parseSeries,
  );
  const cumulative = parseCumulative(fields.at("cumulative"), series);
  const formula = fields.at("formula");
  const rolling = fields.at("rolling");
  return {
    kind: "segmentation",
    ...parseRange(fields),
    session: parseSession(fields.at("session")),
    unit: oneOf(fields.at("unit"), units, "a unit of time"),
    by: parseBy(fields.at("by")),
    limit: parseLimit(fields.at("limit")),
    series: cumulative ? series.map(asCumulative) : series,
    formula: isAbsent(formula) ? undefined : parseFormula(formula, series.length),
    rolling: isAbsent(rolling) ? undefined : integerOf(rolling, "intervals", ROLLING_BOUNDS),
    cumulative,
  };
}

/** @throws {ShaleError} QUERY_INVALID where numbers of intervals do not add up */
function parseCumulative(place: Place, series: readonly ParsedSeries[]): boolean {
  if (isAbsent(place) || !booleanOf(place, "cumulative")) return false;
  for (const [index, { measure }] of series.entries()) {
    if (canAccumulate(measure)) continue;
    const allowed = ["total", "unique", "sessions", "cumulativeUnique", "sum"];
    throw queryInvalid(
      place.path,
      `${place.path} needs measures that add up (${allowed.join(", ")}): that of ` +
        `series[${index}] does not`,
      { allowed },
    );
  }
  return true;
}

function canAccumulate(measure: ParsedMeasure): boolean {
  switch (measure.kind) {
    case "total":
    case "unique":
    case "sessions":
    case "cumulativeUnique":
      return true;
    case "property":
      return measure.fold.kind === "sum";
    case "active":
    case "distinct":
    case "perUser":
      return false;
    default:
      return unreachable(measure);
  }
}

/** Users up to an interval are not the sum of those of each. */
function asCumulative(series: ParsedSeries): ParsedSeries {
  return series.measure.kind === "unique"
    ? { ...series, measure: { kind: "cumulativeUnique" } }
    : series;
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
