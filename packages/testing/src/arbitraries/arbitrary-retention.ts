import type { EventSelect, Instant, QueryOf, QueryRange, TimeUnit } from "@shale/model";
import { DAY_MS } from "@shale/model";
import type * as FastCheck from "fast-check";
import { arbitraryFilter } from "./arbitrary-filter.ts";
import type { Vocabulary } from "./event-vocabulary.ts";
import type { Check } from "./query-parts.ts";
import {
  arbitraryBy,
  arbitraryRange,
  arbitrarySelect,
  LONGEST_MS,
  TIMEZONES,
  withoutUndefined,
} from "./query-parts.ts";

/** A unit, and the fields of a range that is not too long for it. */
function arbitraryUnitRange(
  fc: Check,
  vocabulary: Vocabulary,
): FastCheck.Arbitrary<QueryRange & { readonly unit: TimeUnit }> {
  const unit = fc.constantFrom<TimeUnit[]>(
    ...(["day", "day", "day", "day", "day", "hour", "week", "month", "minute"] as const),
  );
  return unit.chain((chosen) =>
    fc
      .record({
        range: arbitraryRange(fc, vocabulary, LONGEST_MS[chosen]),
        timezone: fc.constantFrom(undefined, ...TIMEZONES),
        weekStart: fc.constantFrom<QueryRange["weekStart"][]>(undefined, "monday", "sunday"),
        where: fc.oneof(
          { weight: 4, arbitrary: fc.constant(undefined) },
          { weight: 1, arbitrary: arbitraryFilter(fc, vocabulary) },
        ),
      })
      .map(({ range, ...fields }) => withoutUndefined({ ...fields, ...range, unit: chosen })),
  );
}

/** Mostly a select that finds events: by one name, or any. */
function arbitraryPlainSelect(fc: Check, vocabulary: Vocabulary): FastCheck.Arbitrary<EventSelect> {
  return fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...vocabulary.names).map((event) => ({ event })) },
    { weight: 2, arbitrary: fc.constant({}) },
    { weight: 2, arbitrary: arbitrarySelect(fc, vocabulary) },
  );
}

/** Brackets that rise, with gaps between some, or a number of buckets. */
function arbitraryBuckets(
  fc: Check,
): FastCheck.Arbitrary<Pick<QueryOf["retention"], "buckets" | "brackets">> {
  const steps = fc.array(fc.tuple(fc.constantFrom(0, 0, 1, 2), fc.nat(2)), {
    minLength: 1,
    maxLength: 4,
  });
  const brackets = steps.map((pairs) => {
    let next = 0;
    return pairs.map(([gap, length]): [number, number] => {
      const first = next + gap;
      next = first + length + 1;
      return [first, first + length];
    });
  });
  return fc.oneof(
    fc.constantFrom(undefined, 1, 2, 4).map((buckets) => ({ buckets })),
    brackets.map((pairs) => ({ brackets: pairs })),
  );
}

export function arbitraryRetention(
  fc: Check,
  vocabulary: Vocabulary,
): FastCheck.Arbitrary<QueryOf["retention"]> {
  type Retention = QueryOf["retention"];
  const { startMs, days } = vocabulary;
  const asOf = fc
    .integer({ min: 0, max: (days + 8) * 24 })
    .map((hours): Instant => startMs + hours * (DAY_MS / 24));
  return fc
    .record({
      fields: arbitraryUnitRange(fc, vocabulary),
      birth: arbitraryPlainSelect(fc, vocabulary),
      return: arbitraryPlainSelect(fc, vocabulary),
      buckets: arbitraryBuckets(fc),
      clock: fc.constantFrom<Retention["clock"][]>(undefined, "rolling", "calendar", "calendar"),
      mode: fc.constantFrom<Retention["mode"][]>(
        ...([undefined, "on", "onOrAfter", "onOrBefore", "streak"] as const),
      ),
      cohort: fc.constantFrom<Retention["cohort"][]>(
        ...([undefined, "perInterval", "firstInRange", "firstEver", "firstMatching"] as const),
      ),
      minOccurrences: fc.constantFrom(undefined, 1, 1, 2, 3),
      by: fc.option(fc.array(arbitraryBy(fc), { minLength: 1, maxLength: 2 }), { nil: undefined }),
      limit: fc.constantFrom(undefined, 1, 2, 3),
      average: fc.constantFrom<Retention["average"][]>(undefined, "pooled", "simple"),
      asOf: fc.option(asOf, { nil: undefined }),
    })
    .map(({ fields, buckets, ...query }) =>
      withoutUndefined({ kind: "retention" as const, ...fields, ...query, ...buckets }),
    );
}

export function arbitraryLifecycle(
  fc: Check,
  vocabulary: Vocabulary,
): FastCheck.Arbitrary<QueryOf["lifecycle"]> {
  return fc
    .record({
      fields: arbitraryUnitRange(fc, vocabulary),
      select: arbitraryPlainSelect(fc, vocabulary),
    })
    .map(({ fields, select }) => ({ kind: "lifecycle" as const, ...fields, select }));
}

export function arbitraryStickiness(
  fc: Check,
  vocabulary: Vocabulary,
): FastCheck.Arbitrary<QueryOf["stickiness"]> {
  return fc
    .record({
      fields: arbitraryUnitRange(fc, vocabulary),
      select: arbitraryPlainSelect(fc, vocabulary),
      mode: fc.constantFrom<QueryOf["stickiness"]["mode"][]>(undefined, "exact", "atLeast"),
      minEvents: fc.constantFrom(undefined, 1, 2, 3),
    })
    .map(({ fields, ...query }) =>
      withoutUndefined({ kind: "stickiness" as const, ...fields, ...query }),
    );
}
