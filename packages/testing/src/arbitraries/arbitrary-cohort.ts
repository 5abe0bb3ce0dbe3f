import type { Cohort, Filter, Query } from "@shale/model";
import type * as FastCheck from "fast-check";
import { arbitraryFunnel } from "./arbitrary-funnel.ts";
import type { Vocabulary } from "./event-vocabulary.ts";
import type { Check } from "./query-parts.ts";
import { arbitrarySelect, withoutUndefined } from "./query-parts.ts";

const SPANS = [undefined, "1d", "3d", "12h", "1w", "1mo", "1ms"] as const;

/** Cohorts over the vocabulary, at most `depth` deep. */
export function arbitraryCohort(
  fc: Check,
  vocabulary: Vocabulary,
  depth = 2,
): FastCheck.Arbitrary<Cohort> {
  const leaf = arbitraryLeaf(fc, vocabulary, depth);
  if (depth === 0) return leaf;
  const inner = arbitraryCohort(fc, vocabulary, depth - 1);
  const several = fc.array(inner, { maxLength: 3 });
  return fc.oneof(
    { weight: 4, arbitrary: leaf },
    several.map((all): Cohort => ({ all })),
    several.map((any): Cohort => ({ any })),
    inner.map((not): Cohort => ({ not })),
  );
}

function arbitraryLeaf(
  fc: Check,
  vocabulary: Vocabulary,
  depth: number,
): FastCheck.Arbitrary<Cohort> {
  const plain = arbitrarySelect(fc, vocabulary);
  // Now and then a cohort within the filter of a cohort.
  const select =
    depth === 0
      ? plain
      : fc.oneof(
          { weight: 4, arbitrary: plain },
          {
            weight: 1,
            arbitrary: arbitraryCohort(fc, vocabulary, 0).map((cohort) => ({ where: { cohort } })),
          },
        );
  const within = fc.constantFrom(...SPANS);
  const times = fc.option(
    fc.record({
      op: fc.constantFrom("gte" as const, "lte" as const, "eq" as const),
      value: fc.integer({ min: 0, max: 3 }),
    }),
    { nil: undefined },
  );
  const days = fc
    .tuple(fc.integer({ min: 1, max: 14 }), fc.integer({ min: 1, max: 3 }))
    .map(([of, wanted]) => ({ of, days: Math.min(of, wanted) }));
  return fc.oneof(
    {
      weight: 3,
      arbitrary: fc
        .record({ did: select, times, within })
        .map((one): Cohort => withoutUndefined(one)),
    },
    {
      weight: 2,
      arbitrary: fc
        .record({ firstTime: select, within })
        .map((one): Cohort => withoutUndefined(one)),
    },
    {
      weight: 2,
      arbitrary: fc.tuple(select, days).map(([active, number]): Cohort => ({ active, ...number })),
    },
    { weight: 2, arbitrary: arbitraryFunnelCohort(fc, vocabulary) },
  );
}

function arbitraryFunnelCohort(fc: Check, vocabulary: Vocabulary): FastCheck.Arbitrary<Cohort> {
  return fc
    .tuple(arbitraryFunnel(fc, vocabulary), fc.constantFrom("none", "reached", "dropped"), fc.nat())
    .map(([funnel, outcome, number]): Cohort => {
      const { length } = funnel.steps;
      if (outcome === "reached") return { funnel, reached: 1 + (number % length) };
      if (outcome === "none" || length < 2) return { funnel };
      return { funnel, droppedAt: 2 + (number % (length - 1)) };
    });
}

/** A query whose selects and range ask for users of cohorts, too. */
export function withCohortFilters<Q extends Query>(
  fc: Check,
  vocabulary: Vocabulary,
  query: FastCheck.Arbitrary<Q>,
): FastCheck.Arbitrary<Q> {
  const cohorts = fc.array(arbitraryCohort(fc, vocabulary), { minLength: 1, maxLength: 3 });
  return fc.tuple(query, cohorts).map(([one, chosen]) => {
    let next = 0;
    const filters = chosen.map((cohort): Filter => ({ cohort }));
    /** Every other filter and select gets a cohort, in turn. */
    const filterFor = (where: Filter | undefined): Filter | undefined => {
      const filter = next++ % 2 === 0 ? filters[(next >> 1) % filters.length] : undefined;
      if (filter === undefined || where === undefined) return filter ?? where;
      return next % 3 === 0 ? { any: [where, filter] } : { all: [where, filter] };
    };
    const selected = <T>(value: T): T => {
      if (typeof value !== "object" || value === null) return value;
      const { where } = value as { readonly where?: Filter };
      return withoutUndefined({ ...value, where: filterFor(where) });
    };
    const changed: Record<string, unknown> = { ...one };
    if (one.kind !== "timeline" && one.kind !== "users") changed["where"] = filterFor(one.where);
    for (const name of ["select", "birth", "return"]) {
      if (changed[name] !== undefined) changed[name] = selected(changed[name]);
    }
    for (const name of ["steps", "exclude", "ignore", "anchors", "hide", "include"]) {
      const list = changed[name];
      if (Array.isArray(list)) changed[name] = list.map(selected);
    }
    const series = changed["series"];
    if (Array.isArray(series)) {
      changed["series"] = series.map((item: { select: unknown }) => {
        return { ...item, select: selected(item.select) };
      });
    }
    // Only filters changed, which the compiler cannot see.
    return withoutUndefined(changed) as unknown as Q;
  });
}
