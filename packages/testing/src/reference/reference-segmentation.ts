import type {
  By,
  EventSelect,
  SegmentationAnswer,
  SegmentationAnswerSeries,
  SegmentationQuery,
  SegmentationSegment,
  SegmentationSeries,
  SegmentValue,
} from "@shale/model";
import { ShaleError } from "@shale/model";
import { intervalsOf, rangeOf } from "./reference-calendar.ts";
import type { ReferenceEvent } from "./reference-event.ts";
import { compareText } from "./reference-event.ts";
import { isSelected, propertyOf, satisfies } from "./reference-filter.ts";
import type { Measured } from "./segmentation/reference-measure.ts";
import { measureOf, misfitsOf } from "./segmentation/reference-measure.ts";

const LIMIT = 10;

/** The values of one key that an event stands under: one, or each distinct element of a list. */
export function valuesOf(event: ReferenceEvent, by: By): SegmentValue[] {
  const name = typeof by === "string" ? by : by.property;
  const value = propertyOf(event, name) ?? null;
  const elements: readonly SegmentValue[] =
    typeof value === "object" && value !== null ? value : [value];
  const segments = elements.map((element) =>
    typeof by === "string" ? element : bucketOf(element, by.buckets),
  );
  return segments.length === 0 ? [null] : [...new Set(segments)];
}

/** The lower edge of the half-open bucket that holds the number; null outside of all. */
function bucketOf(value: SegmentValue, edges: readonly number[]): SegmentValue {
  if (typeof value !== "number") return null;
  for (const [index, edge] of edges.entries()) {
    const next = edges[index + 1];
    if (next !== undefined && edge <= value && value < next) return edge;
  }
  return null;
}

/** Every combination of one value for each key. */
export function combinationsOf(event: ReferenceEvent, by: readonly By[]): SegmentValue[][] {
  return by.reduce<SegmentValue[][]>(
    (partial, key) =>
      partial.flatMap((left) => valuesOf(event, key).map((value) => [...left, value])),
    [[]],
  );
}

/** null, then false, true, numbers, texts. */
export function compareValues(a: SegmentValue, b: SegmentValue): number {
  const rank = (value: SegmentValue): number =>
    value === null ? 0 : ["boolean", "number", "string"].indexOf(typeof value) + 1;
  if (rank(a) !== rank(b)) return rank(a) - rank(b);
  if (typeof a === "string" && typeof b === "string") return compareText(a, b);
  return Number(a) - Number(b);
}

/** By the first key that differs. */
export function compareKeys(a: readonly SegmentValue[], b: readonly SegmentValue[]): number {
  const differing = a.findIndex((value, key) => value !== b[key]);
  return compareValues(a[differing] ?? null, b[differing] ?? null);
}

/** The greatest first, what has no number last. */
function compareRanges(a: number | null, b: number | null): number {
  if (a === b) return 0;
  if (a === null || b === null) return a === null ? 1 : -1;
  return b - a;
}

function segmentsOf(
  events: readonly ReferenceEvent[],
  by: readonly By[],
  limit: number,
  measureAll: (events: readonly ReferenceEvent[]) => Measured,
): SegmentationSegment[] {
  const eventsOf = new Map<string, { by: SegmentValue[]; events: ReferenceEvent[] }>();
  for (const event of events) {
    for (const combination of combinationsOf(event, by)) {
      const key = JSON.stringify(combination);
      const segment = eventsOf.get(key) ?? { by: combination, events: [] };
      segment.events.push(event);
      eventsOf.set(key, segment);
    }
  }
  const all = [...eventsOf.values()]
    .map((segment) => ({ ...segment, ...measureAll(segment.events) }))
    .sort((a, b) => compareRanges(a.range, b.range) || compareKeys(a.by, b.by));
  const answer: SegmentationSegment[] = all
    .slice(0, limit)
    .map(({ by: values, values: counts, range }) => ({ by: values, values: counts, range }));
  const rest = new Set(all.slice(limit).flatMap((segment) => segment.events));
  // From the events themselves: adding the rows would count a user or an event several times.
  if (rest.size > 0) answer.push({ by: [], other: true, ...measureAll([...rest]) });
  return answer;
}

function labelOf(series: SegmentationSeries): string {
  const { event } = series.select;
  const names = typeof event === "string" ? event : event?.join(", ");
  return series.label ?? series.select.label ?? names ?? "any event";
}

export function checkSelect(select: EventSelect, path: string): void {
  if (typeof select.event === "object" && select.event.length === 0) {
    throw new ShaleError("QUERY_INVALID", "Cannot select no event", { path: `${path}.event` });
  }
}

/** The answer to a segmentation over `events`, without its meta. */
export function segmentationOf(
  events: readonly ReferenceEvent[],
  query: SegmentationQuery,
): Omit<SegmentationAnswer, "meta"> {
  if (query.formula !== undefined || query.rolling !== undefined || query.cumulative === true) {
    throw new ShaleError("QUERY_NOT_BUILT", "Cannot use formula, rolling or cumulative");
  }
  const range = rangeOf(query);
  const intervals = intervalsOf(query, range);
  const series = query.series.map((one, index): SegmentationAnswerSeries => {
    checkSelect(one.select, `series[${index}].select`);
    const measure = measureOf(one.measure, { events, query, range, intervals });
    const counted = selectedOf(events, query, one).filter(measure.isCounted);
    const answer = { label: labelOf(one), overall: measure.over(counted) };
    if (query.by === undefined || query.by.length === 0) return answer;
    return {
      ...answer,
      segments: segmentsOf(counted, query.by, query.limit ?? LIMIT, measure.over),
    };
  });
  return { kind: "segmentation", intervals: intervals.map(({ label }) => label), series };
}

function selectedOf(
  events: readonly ReferenceEvent[],
  { where }: SegmentationQuery,
  { select }: SegmentationSeries,
): ReferenceEvent[] {
  return events.filter(
    (event) => (where === undefined || satisfies(event, where)) && isSelected(event, select),
  );
}

/** Rows that a numeric measure had to leave out because their value is no number. */
export function skippedOf(events: readonly ReferenceEvent[], query: SegmentationQuery): number {
  const { fromMs, toMs } = rangeOf(query);
  const counts = query.series.map((series) => {
    const selected = selectedOf(events, query, series);
    const inside = selected.filter(({ timeMs }) => fromMs <= timeMs && timeMs < toMs);
    return misfitsOf(inside, series.measure);
  });
  return counts.reduce((a, b) => a + b, 0);
}
