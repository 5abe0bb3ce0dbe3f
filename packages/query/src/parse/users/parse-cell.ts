import type { SegmentValue } from "@shale/model";
import { ShaleError, unreachable } from "@shale/model";
import type { IntervalsPlan } from "../../calendar/plan-intervals.ts";
import { planIntervals } from "../../calendar/plan-intervals.ts";
import { planTrend } from "../../funnel/answer/answer-funnel.ts";
import type { ParsedFunnel } from "../funnel/parsed-funnel.ts";
import type {
  ParsedBy,
  ParsedLifecycle,
  ParsedQuery,
  ParsedRetention,
  ParsedSegmentation,
  ParsedStickiness,
} from "../parsed-query.ts";
import { queryInvalid } from "../query-errors.ts";
import type { Fields, Place } from "../query-place.ts";
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
import { parseFlowCell } from "./parse-flow-cell.ts";
import type {
  CellSegment,
  FunnelCell,
  LifecycleCell,
  ParsedCellOf,
  RetentionCell,
  SeriesCell,
  StickinessCell,
} from "./parsed-users.ts";

/** @throws {ShaleError} QUERY_INVALID */
export function parseCellOf(
  place: Place,
  cell: Place,
  parseInner: (place: Place) => ParsedQuery,
): ParsedCellOf {
  const of = parseInner(place);
  switch (of.kind) {
    case "retention":
      return { kind: of.kind, of, cell: parseRetentionCell(cell, of) };
    case "funnel":
      return { kind: of.kind, of, cell: parseFunnelCell(cell, of) };
    case "segmentation":
      return { kind: of.kind, of, cell: parseSeriesCell(cell, of) };
    case "lifecycle":
      return { kind: of.kind, of, cell: parseLifecycleCell(cell, of) };
    case "stickiness":
      return { kind: of.kind, of, cell: parseStickinessCell(cell, of) };
    case "flow":
      return { kind: of.kind, of, cell: parseFlowCell(cell, of) };
    case "users":
    case "timeline":
      throw queryInvalid(
        `${place.path}.kind`,
        `${place.path} must have numbers: ${of.kind} has none`,
      );
    default:
      return unreachable(of);
  }
}

function parseRetentionCell(place: Place, of: ParsedRetention): RetentionCell {
  const fields = fieldsOf(
    place,
    ["interval", "bucket", "segment", "other"],
    "a cell of a retention",
  );
  const bucket = fields.at("bucket");
  return {
    cohort: intervalOf(fields.at("interval"), of),
    bracket: isAbsent(bucket)
      ? undefined
      : integerOf(bucket, "the place of a bucket", { min: 0, max: of.brackets.length - 1 }),
    segment: parseSegment(fields, of.by),
  };
}

function parseFunnelCell(place: Place, of: ParsedFunnel): FunnelCell {
  const names = ["step", "outcome", "segment", "other", "interval"];
  const fields = fieldsOf(place, names, "a cell of a funnel");
  const [outcome, interval] = [fields.at("outcome"), fields.at("interval")];
  const outcomes = ["reached", "dropped", "pending"] as const;
  const segment = parseSegment(fields, of.by);
  if (!isAbsent(interval) && segment !== undefined) {
    throw queryInvalid(interval.path, `${interval.path} must be left out: a trend has no segments`);
  }
  if (!isAbsent(interval) && of.trend === undefined) {
    throw queryInvalid(interval.path, `${interval.path} must be left out: the funnel has no trend`);
  }
  const intervals = isAbsent(interval) ? undefined : atPath("of", () => planTrend(of));
  const bounds = { min: 1, max: of.steps.length };
  return {
    step: integerOf(fields.at("step"), "a step", bounds),
    outcome: isAbsent(outcome) ? "reached" : oneOf(outcome, outcomes, "an outcome"),
    segment,
    interval: intervals && labelAt(interval, intervals.labels),
  };
}

function parseSeriesCell(place: Place, of: ParsedSegmentation): SeriesCell {
  const names = ["series", "interval", "segment", "other"];
  const fields = fieldsOf(place, names, "a cell of a segmentation");
  const [seriesPlace, interval] = [fields.at("series"), fields.at("interval")];
  const bounds = { min: 0, max: of.series.length - 1 };
  if (of.formula !== undefined && seriesPlace.value === of.series.length) {
    const why = "a formula is made of several numbers, and has no users of its own";
    throw queryInvalid(seriesPlace.path, `${seriesPlace.path} must be one of the series: ${why}`);
  }
  const series = isAbsent(seriesPlace)
    ? 0
    : integerOf(seriesPlace, "the place of a series", bounds);
  return {
    series,
    interval: isAbsent(interval) ? undefined : intervalOf(interval, of),
    segment: parseSegment(fields, of.by),
  };
}

function parseLifecycleCell(place: Place, of: ParsedLifecycle): LifecycleCell {
  const fields = fieldsOf(place, ["interval", "label"], "a cell of a lifecycle");
  const labels = ["new", "returning", "resurrecting", "dormant"] as const;
  return {
    interval: intervalOf(fields.at("interval"), of),
    label: oneOf(fields.at("label"), labels, "a state of a lifecycle"),
  };
}

function parseStickinessCell(place: Place, of: ParsedStickiness): StickinessCell {
  const fields = fieldsOf(place, ["bucket"], "a cell of a stickiness");
  const { count } = atPath("of", () => planIntervals(of));
  const bounds = { min: 1, max: count };
  return { intervals: integerOf(fields.at("bucket"), "a number of intervals", bounds) };
}

function intervalOf(place: Place, of: IntervalsPlan): number {
  return labelAt(place, atPath("of", () => planIntervals(of)).labels);
}

/** The place of an interval by its label. */
function labelAt(place: Place, labels: readonly string[]): number {
  const label = stringOf(place, "the label of an interval");
  const found = labels.indexOf(label);
  if (found >= 0) return found;
  const [first, last] = [labels[0], labels.at(-1)];
  throw queryInvalid(
    place.path,
    `${place.path} must be an interval of the answer, ${first} to ${last}: it is ${JSON.stringify(label)}`,
  );
}

/** One value for each key of the breakdown, as in the answer. */
function parseSegment(fields: Fields, by: readonly ParsedBy[] | undefined): CellSegment {
  const [place, other] = [fields.at("segment"), fields.at("other")];
  if (!isAbsent(other) && booleanOf(other, "other")) return parseOthers(place, other, by);
  if (isAbsent(place)) return undefined;
  if (by === undefined) {
    throw queryInvalid(place.path, `${place.path} must be left out: the query has no breakdown`);
  }
  if (isEmptyList(place)) {
    const why = "other: true is the rest";
    throw queryInvalid(place.path, `${place.path} must have a value for each key: ${why}`);
  }
  const bounds = { min: by.length, max: by.length };
  return listOf(place, "values, one for each key", bounds).map(segmentValueOf);
}

/** The rest behind the limit: the answer has it as `{ by: [], other: true }`. */
function parseOthers(segment: Place, other: Place, by: readonly ParsedBy[] | undefined): "others" {
  if (by === undefined) {
    throw queryInvalid(other.path, `${other.path} must be left out: the query has no breakdown`);
  }
  if (isAbsent(segment) || isEmptyList(segment)) return "others";
  throw queryInvalid(segment.path, `${segment.path} must be left out: other is true`);
}

function isEmptyList({ value }: Place): boolean {
  return Array.isArray(value) && value.length === 0;
}

function segmentValueOf(place: Place): SegmentValue {
  const { value } = place;
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number" && Number.isFinite(value)) return value + 0; // -0 is 0.
  throw wrongValue(place, "a value of a segment: a string, a finite number, true, false or null");
}

/** What a plan of the inner query refuses has a path in it. */
function atPath<T>(path: string, plan: () => T): T {
  try {
    return plan();
  } catch (error) {
    if (!(error instanceof ShaleError) || error.path === undefined) throw error;
    throw new ShaleError(error.code, error.message, {
      path: `${path}.${error.path}`,
      cause: error,
    });
  }
}
