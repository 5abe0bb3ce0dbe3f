import type { Measure, PerUser, SegmentationQuery } from "@shale/model";
import type { ReferenceEvent } from "../reference-event.ts";
import { propertyOf } from "../reference-filter.ts";

/** A query whose only number is above 0 where events entered the number of a series. */
export interface CountingSeries {
  readonly query: SegmentationQuery;
  /** Of the events that are selected, those that the measure makes its number of. */
  enters(event: ReferenceEvent): boolean;
}

/** `rolling` and `cumulative` stay: of counts that are never below 0 they keep who is behind them. */
export function countingOf(query: SegmentationQuery, place: number): CountingSeries {
  const { formula: _formula, ...others } = query;
  const series = query.series.slice(place, place + 1);
  const [measure = "total"] = series.map((one) => one.measure);
  const counting = series.map((one) => {
    return { ...one, measure: typeof measure === "string" ? measure : ("total" as const) };
  });
  return { query: { ...others, series: counting }, enters: entersOf(measure) };
}

function entersOf(measure: Measure): CountingSeries["enters"] {
  if (typeof measure === "string") return () => true;
  if ("perUser" in measure)
    return isNull(measure.perUser) ? hasNumber(measure.perUser) : () => true;
  if ("distinct" in measure) return (event) => hasValue(event, measure.distinct);
  return hasNumber(measure);
}

/** Whether what a user has of nothing is null: then the user is left out. */
function isNull(inner: PerUser): inner is Exclude<PerUser, string> {
  return inner !== "count" && !("sum" in inner) && !("distinct" in inner);
}

function hasNumber(measure: Exclude<Measure | PerUser, string>): CountingSeries["enters"] {
  const property = String("of" in measure ? measure.of : Object.values(measure)[0]);
  return (event) => typeof propertyOf(event, property) === "number";
}

function hasValue(event: ReferenceEvent, property: string): boolean {
  const value = propertyOf(event, property) ?? null;
  return Array.isArray(value) ? value.some((one) => one !== null) : value !== null;
}
