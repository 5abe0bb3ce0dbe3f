import type {
  EventSelect,
  Filter,
  PropertyFilter,
  SegmentationQuery,
  SegmentValue,
} from "@shale/model";
import type { TestEvent } from "../../scan/test/test-log.ts";
import { planIntervals } from "../src/calendar/plan-intervals.ts";
import { parseQuery } from "../src/index.ts";

/** Answers one event at a time, for comparison: slow, and sharing no code with what is tested. */

type Value = SegmentValue | readonly SegmentValue[] | undefined;

export function valueOfEvent(event: TestEvent, property: string): Value {
  if (property === "$event") return event.event;
  if (property === "$user_id") return event.user;
  const properties = event.properties ?? {};
  return Object.hasOwn(properties, property) ? (properties[property] as Value) : undefined;
}

export function satisfies(event: TestEvent, filter: Filter | undefined): boolean {
  if (filter === undefined) return true;
  if ("all" in filter) return filter.all.every((inner) => satisfies(event, inner));
  if ("any" in filter) return filter.any.some((inner) => satisfies(event, inner));
  if ("not" in filter) return !satisfies(event, filter.not);
  if ("cohort" in filter) throw new Error("no cohorts");
  const value = valueOfEvent(event, filter.property);
  if (filter.op === "isSet") return value !== undefined;
  if (filter.op === "isNotSet") return value === undefined;
  const elements = Array.isArray(value) ? value : [value ?? null];
  return elements.some((element) => elementSatisfies(element, filter));
}

function elementSatisfies(element: SegmentValue, filter: PropertyFilter): boolean {
  const fold = (value: unknown): unknown =>
    filter.ignoreCase && typeof value === "string" ? value.toLowerCase() : value;
  const left = fold(element);
  const right = fold(filter.value);
  const text = (test: (text: string, part: string) => boolean): boolean =>
    typeof left === "string" && test(left, right as string);
  const order = (test: (sign: number) => boolean): boolean => {
    if (typeof left === "number" && typeof right === "number") return test(Math.sign(left - right));
    if (typeof left !== "string" || typeof right !== "string") return false;
    return test(Buffer.compare(Buffer.from(left), Buffer.from(right)));
  };
  switch (filter.op) {
    case "eq":
      return left === right;
    case "neq":
      return left !== right;
    case "in":
      return (filter.value as unknown[]).some((value) => fold(value) === left);
    case "notIn":
      return !(filter.value as unknown[]).some((value) => fold(value) === left);
    case "lt":
      return order((sign) => sign < 0);
    case "lte":
      return order((sign) => sign <= 0);
    case "gt":
      return order((sign) => sign > 0);
    case "gte":
      return order((sign) => sign >= 0);
    case "contains":
      return text((whole, part) => whole.includes(part));
    case "notContains":
      return !text((whole, part) => whole.includes(part));
    case "startsWith":
      return text((whole, part) => whole.startsWith(part));
    case "endsWith":
      return text((whole, part) => whole.endsWith(part));
    default:
      throw new Error(`unexpected ${filter.op}`);
  }
}

export function isSelected(event: TestEvent, select: EventSelect): boolean {
  const names = select.event === undefined ? undefined : [select.event].flat();
  return (names === undefined || names.includes(event.event)) && satisfies(event, select.where);
}

/** The segmentation of events without duplicates, without `meta`. */
export function plainSegmentation(events: readonly TestEvent[], query: SegmentationQuery): unknown {
  const parsed = parseQuery(query);
  if (parsed.kind !== "segmentation") throw new Error("a segmentation");
  const { startsMs, labels } = planIntervals(parsed);
  const inRange = events.filter(
    (event) =>
      event.atMs >= parsed.fromMs && event.atMs < parsed.toMs && satisfies(event, query.where),
  );
  const intervalOf = ({ atMs }: TestEvent): number =>
    labels.findIndex((_, index) => atMs >= startsMs[index]! && atMs < startsMs[index + 1]!);
  return {
    kind: "segmentation",
    intervals: labels,
    series: query.series.map(({ select, measure }, index) => {
      const selected = inRange.filter((event) => isSelected(event, select));
      const measured = (some: readonly TestEvent[]): number => {
        if (measure === "total") return some.length;
        return new Set(some.map(({ user }) => user).filter((user) => user !== "")).size;
      };
      const counted = (some: readonly TestEvent[]) => ({
        values: labels.map((_, i) => measured(some.filter((event) => intervalOf(event) === i))),
        range: measured(some),
      });
      const series = { label: parsed.series[index]!.label, overall: counted(selected) };
      if (query.by === undefined || query.by.length === 0) return series;
      return { ...series, segments: plainSegments(selected, query, counted) };
    }),
  };
}

function plainSegments(
  selected: readonly TestEvent[],
  query: SegmentationQuery,
  counted: (some: readonly TestEvent[]) => { values: number[]; range: number },
): unknown[] {
  const keysOf = (event: TestEvent): SegmentValue[][] =>
    (query.by ?? []).reduce<SegmentValue[][]>(
      (tuples, key) => {
        const property = typeof key === "string" ? key : key.property;
        const value = valueOfEvent(event, property) ?? null;
        const elements = Array.isArray(value) && value.length > 0 ? value : [value].flat();
        const values = elements.length === 0 ? [null] : elements;
        const distinct = new Set<SegmentValue>(
          values.map((one) => (typeof key === "string" ? one : plainBucket(one, key.buckets))),
        );
        return tuples.flatMap((tuple) => [...distinct].map((one) => [...tuple, one]));
      },
      [[]],
    );
  const found = new Map<string, { by: SegmentValue[]; events: TestEvent[] }>();
  for (const event of selected) {
    for (const by of keysOf(event)) {
      const key = JSON.stringify(by);
      const segment = found.get(key) ?? { by, events: [] };
      found.set(key, segment);
      segment.events.push(event);
    }
  }
  const ranked = [...found.values()].map(({ by, events }) => ({ by, events, ...counted(events) }));
  ranked.sort((x, y) => y.range - x.range || compareKeys(x.by, y.by));
  const limit = query.limit ?? 10;
  const top = ranked.slice(0, limit).map(({ by, values, range }) => ({ by, values, range }));
  const rest = ranked.slice(limit);
  if (rest.length === 0) return top;
  const union = [...new Set(rest.flatMap(({ events }) => events))];
  return [...top, { by: [], other: true, ...counted(union) }];
}

function plainBucket(value: SegmentValue, edges: readonly number[]): SegmentValue {
  if (typeof value !== "number") return null;
  const index = edges.findIndex((edge, i) => value >= edge && value < (edges[i + 1] ?? edge));
  return edges[index] ?? null;
}

function compareKeys(left: readonly SegmentValue[], right: readonly SegmentValue[]): number {
  const types = ["object", "boolean", "number", "string"];
  for (const [i, x] of left.entries()) {
    const y = right[i]!;
    const byType = types.indexOf(typeof x) - types.indexOf(typeof y);
    if (byType !== 0) return byType;
    if (typeof x === "string") {
      const order = Buffer.compare(Buffer.from(x), Buffer.from(y as string));
      if (order !== 0) return order;
    } else if (Number(x) !== Number(y)) return Number(x) - Number(y);
  }
  return 0;
}
