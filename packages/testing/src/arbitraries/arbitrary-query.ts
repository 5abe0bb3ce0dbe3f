import type { QueryOf, TimeUnit } from "@shale/model";
import { DAY_MS, unreachable } from "@shale/model";
import type * as FastCheck from "fast-check";
import { withCohortFilters } from "./arbitrary-cohort.ts";
import { arbitraryFilter } from "./arbitrary-filter.ts";
import { arbitraryFlow } from "./arbitrary-flow.ts";
import { arbitraryFunnel } from "./arbitrary-funnel.ts";
import {
  arbitraryFormula,
  arbitraryMeasure,
  arbitrarySession,
  fitting,
} from "./arbitrary-measure.ts";
import {
  arbitraryLifecycle,
  arbitraryRetention,
  arbitraryStickiness,
} from "./arbitrary-retention.ts";
import type { CountingQuery } from "./arbitrary-users.ts";
import { arbitraryMembers, arbitraryUsersOf } from "./arbitrary-users.ts";
import type { Vocabulary, VocabularyOptions } from "./event-vocabulary.ts";
import { vocabularyOf } from "./event-vocabulary.ts";
import { loadFastCheck } from "./fast-check-package.ts";
import type { Check } from "./query-parts.ts";
import {
  arbitraryBy,
  arbitraryRange,
  arbitrarySelect,
  LONGEST_MS,
  TIMEZONES,
  withoutUndefined,
} from "./query-parts.ts";

/** Kinds of queries that this version answers. */
export type ArbitraryQueryKind =
  | "segmentation"
  | "funnel"
  | "retention"
  | "flow"
  | "lifecycle"
  | "stickiness"
  | "users"
  | "timeline";

export interface ArbitraryQueryOptions extends VocabularyOptions {
  /** Filters may name cohorts of users; default false. */
  readonly cohorts?: boolean | undefined;
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
        measure: arbitraryMeasure(fc),
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
        session: arbitrarySession(fc),
        series,
        formula: fc.option(arbitraryFormula(fc), { nil: undefined, freq: 2 }),
        rolling: fc.constantFrom(undefined, undefined, 1, 2, 7),
        cumulative: fc.constantFrom(undefined, false, true),
      })
      .map(({ range, ...query }) => withoutUndefined({ ...fitting(query), ...range })),
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

function arbitraryUsers(fc: Check, vocabulary: Vocabulary): FastCheck.Arbitrary<QueryOf["users"]> {
  const counting = fc.oneof<FastCheck.Arbitrary<CountingQuery>[]>(
    arbitraryRetention(fc, vocabulary),
    arbitraryFunnel(fc, vocabulary),
    arbitrarySegmentation(fc, vocabulary),
    arbitraryFlow(fc, vocabulary),
    arbitraryLifecycle(fc, vocabulary),
    arbitraryStickiness(fc, vocabulary),
  );
  return fc.oneof(
    arbitraryMembers(fc, vocabulary),
    arbitraryUsersOf(fc, vocabulary, withCohortFilters(fc, vocabulary, counting)),
    arbitraryUsersOf(fc, vocabulary, counting),
  );
}

/**
 * Valid queries of one kind over the little world of `arbitraryEvents` with the same options. They
 * shrink towards fewer series, keys and filters, UTC, and whole days.
 *
 * @throws {ShaleError} PACKAGE_MISSING without fast-check
 */
export function arbitraryQuery<K extends ArbitraryQueryKind>(
  kind: K,
  options: ArbitraryQueryOptions = {},
): FastCheck.Arbitrary<QueryOf[K]> {
  const fc = loadFastCheck();
  const vocabulary = vocabularyOf(options);
  function choose(asked: ArbitraryQueryKind): FastCheck.Arbitrary<QueryOf[ArbitraryQueryKind]> {
    switch (asked) {
      case "segmentation":
        return arbitrarySegmentation(fc, vocabulary);
      case "funnel":
        return arbitraryFunnel(fc, vocabulary);
      case "retention":
        return arbitraryRetention(fc, vocabulary);
      case "flow":
        return arbitraryFlow(fc, vocabulary);
      case "lifecycle":
        return arbitraryLifecycle(fc, vocabulary);
      case "stickiness":
        return arbitraryStickiness(fc, vocabulary);
      case "users":
        return arbitraryUsers(fc, vocabulary);
      case "timeline":
        return arbitraryTimeline(fc, vocabulary);
      default:
        return unreachable(asked);
    }
  }
  // The query follows the kind, which the compiler cannot see through the switch.
  const query = choose(kind) as FastCheck.Arbitrary<QueryOf[K]>;
  return options.cohorts === true ? withCohortFilters(fc, vocabulary, query) : query;
}
