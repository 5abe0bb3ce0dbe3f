import type { By, EventSelect, Instant, TimeUnit } from "@shale/model";
import { DAY_MS } from "@shale/model";
import type * as FastCheck from "fast-check";
import { arbitraryFilter } from "./arbitrary-filter.ts";
import type { Vocabulary } from "./event-vocabulary.ts";
import { dayTextAt, propertyNames } from "./event-vocabulary.ts";

export type Check = typeof FastCheck;

const HOUR_MS = 3_600_000;
/** UTC, and zones that are odd in a way of their own. */
export const TIMEZONES = [
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  "Asia/Kathmandu", // +05:45
  "Australia/Lord_Howe", // Half an hour of summer time.
  "Africa/Cairo", // Clocks change at midnight.
  "America/St_Johns",
] as const;
/** Longest range that is asked by so small a unit. */
export const LONGEST_MS: Readonly<Record<TimeUnit | "range", number>> = {
  minute: 2 * HOUR_MS,
  hour: 2 * DAY_MS,
  day: 10 * DAY_MS,
  week: 20 * DAY_MS,
  month: 70 * DAY_MS,
  range: 20 * DAY_MS,
};

/** Drops the members that are undefined: an absent option, not one that is named. */
export function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(
    Object.entries(value).filter(([, member]) => member !== undefined),
  ) as T;
}

export function arbitraryRange(
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

export function arbitrarySelect(
  fc: Check,
  vocabulary: Vocabulary,
): FastCheck.Arbitrary<EventSelect> {
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

export function arbitraryBy(fc: Check): FastCheck.Arbitrary<By> {
  const property = fc.constantFrom(...propertyNames, "$event", "$user_id");
  const buckets = fc
    .uniqueArray(fc.integer({ min: -20, max: 30 }), { minLength: 2, maxLength: 5 })
    .map((edges) => edges.sort((a, b) => a - b));
  return fc.oneof(
    { weight: 3, arbitrary: property },
    fc.record({ property: fc.constantFrom("price", "mixed", "tags"), buckets }),
  );
}
