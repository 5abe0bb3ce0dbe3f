import type { By, EventSelect, Instant, QueryOf, TimeUnit } from "@shale/model";
import { DAY_MS, unreachable } from "@shale/model";
import type * as FastCheck from "fast-check";
import { arbitraryFilter } from "./arbitrary-filter.ts";
import type { Vocabulary, VocabularyOptions } from "./event-vocabulary.ts";
import { dayTextAt, propertyNames, vocabularyOf } from "./event-vocabulary.ts";
import { loadFastCheck } from "./fast-check-package.ts";

/** Kinds of queries that this version answers. */
export type ArbitraryQueryKind = "segmentation" | "timeline";

type Check = typeof FastCheck;

const HOUR_MS = 3_600_000;
/** UTC, and zones that are odd in a way of their own. */
const TIMEZONES = [
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  "Asia/Kathmandu", // +05:45
  "Australia/Lord_Howe", // Half an hour of summer time.
  "Africa/Cairo", // Clocks change at midnight.
  "America/St_Johns",
] as const;
/** Longest range that is asked by so small a unit. */
const LONGEST_MS: Readonly<Record<TimeUnit | "range", number>> = {
  minute: 2 * HOUR_MS,
  hour: 2 * DAY_MS,
  day: 10 * DAY_MS,
  week: 20 * DAY_MS,
  month: 70 * DAY_MS,
  range: 20 * DAY_MS,
};

/** Drops the members that are undefined: an absent option, not one that is named. */
function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(
    Object.entries(value).filter(([, member]) => member !== undefined),
  ) as T;
}

function arbitraryRange(
  fc: Check,
  vocabulary: Vocabulary,
  longestMs: number,
): FastCheck.Arbitrary<{ readonly from: Instant; readonly to: Instant }> {
  const { startMs, days } = vocabulary;
  const instants = fc
    .tuple(
      fc.integer({ min: -DAY_MS, max: days * DAY_MS }),
      fc.integer({ min: 1, max: longestMs }),
      fc.constantFrom("number", "text", "date"),
    )
    .map(([fromMs, lengthMs, form]) => {
      const write = (ms: number): Instant =>
        form === "number" ? ms : form === "date" ? new Date(ms) : new Date(ms).toISOString();
      return { from: write(startMs + fromMs), to: write(startMs + fromMs + lengthMs) };
    });
  const longestDays = Math.floor(longestMs / DAY_MS);
  if (longestDays === 0) return instants;
  const dates = fc
    .tuple(fc.integer({ min: -1, max: days - 1 }), fc.integer({ min: 1, max: longestDays }))
    .map(([from, count]) => ({
      from: dayTextAt(vocabulary, from),
      to: dayTextAt(vocabulary, from + count),
    }));
  return fc.oneof({ weight: 3, arbitrary: dates }, instants);
}

function arbitrarySelect(fc: Check, vocabulary: Vocabulary): FastCheck.Arbitrary<EventSelect> {
  const name = fc.constantFrom(...vocabulary.names, "never sent");
  return fc
    .record({
      event: fc.oneof(
        name,
        fc.constant(undefined),
        fc.uniqueArray(name, { minLength: 1, maxLength: 3 }),
      ),
      where: fc.option(arbitraryFilter(fc, vocabulary), { nil: undefined, freq: 2 }),
      label: fc.constantFrom(undefined, "labelled"),
    })
    .map(withoutUndefined);
}

function arbitraryBy(fc: Check): FastCheck.Arbitrary<By> {
  const property = fc.constantFrom(...propertyNames, "$event", "$user_id");
  const buckets = fc
    .uniqueArray(fc.integer({ min: -20, max: 30 }), { minLength: 2, maxLength: 5 })
    .map((edges) => edges.sort((a, b) => a - b));
  return fc.oneof(
    { weight: 3, arbitrary: property },
    fc.record({ property: fc.constantFrom("price", "mixed", "tags"), buckets }),
  );
}

function arbitrarySegmentation(
  fc: Check,
  vocabulary: Vocabulary,
): FastCheck.Arbitrary<QueryOf["segmentation"]> {
  const unit = fc.constantFrom<TimeUnit | "range">(
    "day",
    "range",
    "hour",
    "week",
    "month",
    "minute",
  );
  const series = fc.array(
    fc
      .record({
        select: arbitrarySelect(fc, vocabulary),
        measure: fc.constantFrom("total", "unique"),
        label: fc.constantFrom(undefined, "mine"),
      })
      .map(withoutUndefined),
    { minLength: 1, maxLength: 3 },
  );
  return unit.chain((chosen) =>
    fc
      .record({
        kind: fc.constant("segmentation"),
        unit: fc.constant(chosen),
        range: arbitraryRange(fc, vocabulary, LONGEST_MS[chosen]),
        timezone: fc.constantFrom(undefined, ...TIMEZONES),
        weekStart: fc.constantFrom(undefined, "monday", "sunday"),
        where: fc.option(arbitraryFilter(fc, vocabulary), { nil: undefined, freq: 2 }),
        by: fc.option(fc.array(arbitraryBy(fc), { minLength: 1, maxLength: 3 }), {
          nil: undefined,
        }),
        limit: fc.constantFrom(undefined, 1, 2, 3, 10, 100),
        series,
      })
      .map(({ range, ...query }) => withoutUndefined({ ...query, ...range })),
  );
}

function arbitraryTimeline(
  fc: Check,
  vocabulary: Vocabulary,
): FastCheck.Arbitrary<QueryOf["timeline"]> {
  const range = arbitraryRange(fc, vocabulary, 10 * DAY_MS);
  return fc
    .record({
      kind: fc.constant("timeline"),
      user_id: fc.constantFrom(...vocabulary.userIds, "unknown"),
      range: fc.option(range, { nil: undefined }),
      timezone: fc.constantFrom(undefined, ...TIMEZONES),
      select: fc.option(arbitrarySelect(fc, vocabulary), { nil: undefined }),
      direction: fc.constantFrom(undefined, "asc", "desc"),
      limit: fc.constantFrom(undefined, 1, 2, 7),
    })
    .map(({ range: chosen, ...query }) => withoutUndefined({ ...query, ...chosen }));
}

/**
 * Valid queries of one kind over the little world of `arbitraryEvents` with the same options. They
 * shrink towards fewer series, keys and filters, UTC, and whole days.
 *
 * @throws {ShaleError} PACKAGE_MISSING without fast-check
 */
export function arbitraryQuery<K extends ArbitraryQueryKind>(
  kind: K,
  options: VocabularyOptions = {},
): FastCheck.Arbitrary<QueryOf[K]> {
  const fc = loadFastCheck();
  const vocabulary = vocabularyOf(options);
  function choose(asked: ArbitraryQueryKind): FastCheck.Arbitrary<QueryOf[ArbitraryQueryKind]> {
    switch (asked) {
      case "segmentation":
        return arbitrarySegmentation(fc, vocabulary);
      case "timeline":
        return arbitraryTimeline(fc, vocabulary);
      default:
        return unreachable(asked);
    }
  }
  // The query follows the kind, which the compiler cannot see through the switch.
  return choose(kind) as FastCheck.Arbitrary<QueryOf[K]>;
}
