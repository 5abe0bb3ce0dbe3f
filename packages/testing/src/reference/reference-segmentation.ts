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
import { folded } from "./segmentation/reference-fold.ts";
import { formulaOf, seriesIn } from "./segmentation/reference-formula.ts";
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

interface Group {
  readonly by: SegmentValue[];
  readonly events: ReferenceEvent[];
}

/** Events by segment; one of several values is in several. */
function groupsOf(
  events: readonly ReferenceEvent[],
  by: readonly By[],
): ReadonlyMap<string, Group> {
  const groups = new Map<string, Group>();
  for (const event of events) {
    for (const combination of combinationsOf(event, by)) {
      const key = JSON.stringify(combination);
      const group = groups.get(key) ?? { by: combination, events: [] };
      group.events.push(event);
      groups.set(key, group);
    }
  }
  return groups;
}

/** What is measured of events, by series. */
interface Column {
  readonly groups: ReadonlyMap<string, Group>;
  readonly over: (events: readonly ReferenceEvent[]) => Measured;
}

/** The segments of some series together, as `combine` makes one number of theirs. */
function segmentsOf(
  columns: readonly Column[],
  limit: number,
  combine: (numbers: readonly Measured[]) => Measured,
): SegmentationSegment[] {
  const names = new Map<string, SegmentValue[]>();
  for (const { groups } of columns) for (const [key, { by }] of groups) names.set(key, by);
  const measured = (keys: readonly string[]): Measured =>
    combine(
      columns.map(({ groups, over }) => {
        // From the events themselves: adding the rows would count a user or an event several times.
        const events = keys.flatMap((key) => groups.get(key)?.events ?? []);
        return over([...new Set(events)]);
      }),
    );
  const all = [...names]
    .map(([key, by]) => ({ key, by, ...measured([key]) }))
    .sort((a, b) => compareRanges(a.range, b.range) || compareKeys(a.by, b.by));
  const answer: SegmentationSegment[] = all
    .slice(0, limit)
    .map(({ by, values, range }) => ({ by, values, range }));
  const rest = all.slice(limit).map(({ key }) => key);
  if (rest.length > 0) answer.push({ by: [], other: true, ...measured(rest) });
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
  const range = rangeOf(query);
  const intervals = intervalsOf(query, range);
  const { formula, by = [], limit = LIMIT, rolling, cumulative } = query;
  // Cumulative: every interval begins where the range does.
  const measuredIntervals = intervals.map(({ label, startMs, endMs }) => {
    return { label, startMs: cumulative === true ? range.fromMs : startMs, endMs };
  });
  const world = { events, query, range, intervals: measuredIntervals };
  const columns = query.series.map((one, index) => {
    checkSelect(one.select, `series[${index}].select`);
    const measure = measureOf(one.measure, world);
    const counted = selectedOf(events, query, one).filter(measure.isCounted);
    return { counted, groups: groupsOf(counted, by), over: measure.over };
  });
  function seriesOf(
    label: string,
    used: readonly number[],
    combine: (numbers: readonly Measured[]) => Measured,
  ): SegmentationAnswerSeries {
    const own = used.flatMap((index) => columns[index] ?? []);
    const overall = combine(own.map(({ counted, over }) => over(counted)));
    const series = { label, overall };
    return by.length === 0 ? series : { ...series, segments: segmentsOf(own, limit, combine) };
  }
  const series = query.series.map((one, index) =>
    seriesOf(labelOf(one), [index], ([only]) => only ?? { values: [], range: null }),
  );
  if (formula !== undefined) {
    const used = seriesIn(formula);
    series.push(seriesOf(formula, used, (numbers) => combined(formula, used, numbers)));
  }
  const labels = intervals.map(({ label }) => label);
  const rolled = rolling === undefined ? series : series.map((one) => rolledSeries(one, rolling));
  return { kind: "segmentation", intervals: labels, series: rolled };
}

function combined(
  formula: string,
  used: readonly number[],
  numbers: readonly Measured[],
): Measured {
  const at = (numberOf: (measured: Measured) => number | null): number | null => {
    const letters: (number | null)[] = [];
    for (const [place, index] of used.entries()) {
      const measured = numbers[place];
      letters[index] = measured === undefined ? null : numberOf(measured);
    }
    return formulaOf(formula, letters);
  };
  const values = numbers[0]?.values ?? [];
  return {
    values: values.map((_, interval) => at((measured) => measured.values[interval] ?? null)),
    range: at((measured) => measured.range),
  };
}

/** Each value as the mean of those of up to `length` intervals that end with its own. */
function rolledSeries(series: SegmentationAnswerSeries, length: number): SegmentationAnswerSeries {
  const rolled = <T extends Measured>(one: T): T => ({
    ...one,
    values: one.values.map((_, place) => {
      const window = one.values.slice(Math.max(0, place - length + 1), place + 1);
      return folded(
        window.filter((value) => value !== null),
        "avg",
      );
    }),
  });
  const { label, overall, segments } = series;
  const answer = { label, overall: rolled(overall) };
  return segments === undefined ? answer : { ...answer, segments: segments.map(rolled) };
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
