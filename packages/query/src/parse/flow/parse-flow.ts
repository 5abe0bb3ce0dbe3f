import { DAY_MS, spanMs } from "@shale/model";
import { LIMIT_MAX } from "../parse-by.ts";
import { parseRange, parseSession, rangeFields } from "../parse-range.ts";
import { parseSelect } from "../parse-select.ts";
import type { ParsedSelect } from "../parsed-query.ts";
import type { Bounds, Place } from "../query-place.ts";
import {
  booleanOf,
  fieldsOf,
  integerOf,
  isAbsent,
  listOf,
  oneOf,
  stringOf,
  wrongValue,
} from "../query-place.ts";
import type { ParsedFlow } from "./parsed-flow.ts";

const FIELDS = [
  "kind",
  ...rangeFields,
  "anchors",
  "before",
  "after",
  "count",
  "window",
  "collapseRepeats",
  "hide",
  "include",
  "groupBy",
  "topK",
  "mode",
  "paths",
];
const ANCHOR_COUNT_MAX = 10;
const SELECT_COUNT_MAX = 100;
const STEP_COUNT_MAX = 20;
const WINDOW_MS = 30 * DAY_MS;

/** @throws {ShaleError} QUERY_INVALID */
export function parseFlow(place: Place): ParsedFlow {
  const fields = fieldsOf(place, FIELDS, "a flow");
  const numberAt = (name: string, absent: number, bounds: Bounds): number => {
    const at = fields.at(name);
    return isAbsent(at) ? absent : integerOf(at, `a number for ${name}`, bounds);
  };
  const steps = { min: 0, max: STEP_COUNT_MAX };
  const limits = { min: 1, max: LIMIT_MAX };
  return {
    kind: "flow",
    ...parseRange(fields),
    anchors: selectsOf(fields.at("anchors"), "anchors", { min: 1, max: ANCHOR_COUNT_MAX }),
    before: numberAt("before", 0, steps),
    after: numberAt("after", 3, steps),
    count: parseCount(fields.at("count")),
    session: parseSession(fields.at("session")),
    windowMs: parseWindow(fields.at("window")),
    collapseRepeats: parseCollapse(fields.at("collapseRepeats")),
    hide: parseHide(fields.at("hide")),
    include: parseInclude(fields.at("include")),
    groupBy: parseGroupBy(fields.at("groupBy")),
    topK: numberAt("topK", 3, limits),
    mode: parseMode(fields.at("mode")),
    paths: numberAt("paths", 50, limits),
  };
}

function selectsOf(place: Place, what: string, bounds: Bounds): ParsedSelect[] {
  return listOf(place, what, bounds).map((select) => parseSelect(select));
}

function parseCount(place: Place): ParsedFlow["count"] {
  if (isAbsent(place)) return "uniques";
  return oneOf(place, ["uniques", "totals", "sessions"] as const, "a value of count");
}

function parseWindow(place: Place): number {
  if (isAbsent(place)) return WINDOW_MS;
  const ms = typeof place.value === "string" ? spanMs(place.value) : undefined;
  if (ms !== undefined) return ms;
  throw wrongValue(place, "a span above 0, a number with ms, s, m, h, d, w or mo (30d)");
}

function parseCollapse(place: Place): boolean {
  return isAbsent(place) ? false : booleanOf(place, "collapseRepeats");
}

function parseHide(place: Place): ParsedSelect[] {
  return isAbsent(place) ? [] : selectsOf(place, "selects", { min: 0, max: SELECT_COUNT_MAX });
}

/** An empty list would leave nothing but anchors: nobody means that. */
function parseInclude(place: Place): ParsedSelect[] | undefined {
  if (isAbsent(place)) return undefined;
  return selectsOf(place, "selects", { min: 1, max: SELECT_COUNT_MAX });
}

function parseGroupBy(place: Place): string | undefined {
  const name = isAbsent(place) ? undefined : stringOf(place, "the name of a property");
  return name === "$event" ? undefined : name; // A label names the event anyway.
}

function parseMode(place: Place): ParsedFlow["mode"] {
  return isAbsent(place) ? "graph" : oneOf(place, ["graph", "paths"] as const, "a mode");
}
