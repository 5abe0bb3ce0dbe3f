import type { Measure, SegmentationQuery, TimeUnit } from "@shale/model";
import { measureText, parseMeasure } from "../parse-measure.ts";
import type { BreakdownArguments, RangeArguments, SessionArguments } from "./question-range.ts";
import { breakdownOf, given, rangeOf, rangeWords, sentence, sessionOf } from "./question-range.ts";

/** The flags of `shale segment`. */
export interface SegmentArguments extends RangeArguments, BreakdownArguments, SessionArguments {
  readonly unit: TimeUnit | "range";
  readonly measure: readonly string[];
  readonly formula?: string | undefined;
  readonly rolling?: number | undefined;
  readonly cumulative?: boolean | undefined;
}

/** One series an event name and measure; without names, of any event. @throws {ShaleError} USAGE */
export function segmentationQueryOf(
  events: readonly string[],
  options: SegmentArguments,
  nowMs: number,
): SegmentationQuery {
  const { unit, formula, rolling, cumulative } = options;
  return {
    kind: "segmentation",
    ...rangeOf(options, nowMs),
    unit,
    series: seriesOf(events, options),
    ...breakdownOf(options),
    ...sessionOf(options),
    ...given({ formula, rolling, cumulative }),
  };
}

function seriesOf(events: readonly string[], options: SegmentArguments) {
  const measures = measuresOf(options);
  const names = events.length > 0 ? events : [undefined];
  return names.flatMap((event) =>
    measures.map(({ text, measure }) => {
      const select = event === undefined ? {} : { event };
      if (measures.length === 1) return { select, measure };
      return { select, measure, label: `${event ?? "any event"}: ${text}` };
    }),
  );
}

function measuresOf({ measure }: SegmentArguments): { text: string; measure: Measure }[] {
  const texts = measure.length > 0 ? measure : ["total"];
  return texts.map((text) => ({ text, measure: parseMeasure(text) }));
}

/** `purchase: unique users per day by country where price>10, 2026-10-01 to 2026-10-31`. */
export function segmentationHeading(
  events: readonly string[],
  options: SegmentArguments,
  query: SegmentationQuery,
): string {
  const { unit, formula, rolling, cumulative } = options;
  const measures = measuresOf(options).map(({ measure }) => measureText(measure));
  return sentence([
    `${events.length > 0 ? events.join(", ") : "any event"}:`,
    measures.join(", "),
    unit === "range" ? "" : `per ${unit}`,
    cumulative === true ? "cumulated" : "",
    formula === undefined ? "" : `and ${formula} (${lettersOf(query)})`,
    rolling === undefined ? "" : `as the mean of ${rolling} intervals`,
    ...rangeWords(options, query),
  ]);
}

/** `A = view, B = purchase`. */
function lettersOf({ series }: SegmentationQuery): string {
  return series
    .map(({ select, label }, index) => {
      const letter = String.fromCharCode("A".charCodeAt(0) + index);
      return `${letter} = ${label ?? select.event ?? "any event"}`;
    })
    .join(", ");
}
