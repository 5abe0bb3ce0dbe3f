import type { EventSelect, FunnelExclusion, FunnelQuery, FunnelStep } from "@shale/model";
import { DAY_MS } from "@shale/model";
import type * as FastCheck from "fast-check";
import { arbitraryFilter } from "./arbitrary-filter.ts";
import type { Vocabulary } from "./event-vocabulary.ts";
import { dayTextAt } from "./event-vocabulary.ts";
import type { Check } from "./query-parts.ts";
import {
  arbitraryBy,
  arbitraryRange,
  arbitrarySelect,
  TIMEZONES,
  withoutUndefined,
} from "./query-parts.ts";

/** Mostly an event by its name, so that chains are found. */
function arbitraryStep(fc: Check, vocabulary: Vocabulary): FastCheck.Arbitrary<EventSelect> {
  const plain = fc.constantFrom(...vocabulary.names).map((event) => ({ event }));
  return fc.oneof(
    { weight: 4, arbitrary: plain },
    { weight: 1, arbitrary: arbitrarySelect(fc, vocabulary) },
  );
}

type Funnel = Omit<FunnelQuery, "kind" | "from" | "to">;

/** Options that mean something for steps in order; the rest follows from the order. */
function arbitraryOrder(fc: Check): FastCheck.Arbitrary<Partial<FunnelQuery>> {
  const first = fc.record({
    order: fc.constantFrom(undefined, "ordered"),
    entry: fc.constantFrom(undefined, "first"),
    count: fc.constantFrom(undefined, "uniques", "totals", "sessions"),
    onExclude: fc.constantFrom(undefined, "dropoff", "remove"),
  });
  const optimized = fc.record({
    order: fc.constantFrom("ordered", "ordered", "strict"),
    entry: fc.constant("optimized"),
    count: fc.constantFrom(undefined, "uniques", "totals", "totals", "sessions"),
    onExclude: fc.constantFrom(undefined, "remove"),
  });
  const any = fc.constantFrom<Partial<FunnelQuery>>(
    { order: "any" },
    { order: "any", count: "totals" },
    { order: "any", entry: "optimized" },
    { order: "any", entry: "optimized", count: "totals" },
    { order: "any", count: "sessions" },
  );
  return fc.oneof(first, optimized, any) as FastCheck.Arbitrary<Partial<FunnelQuery>>;
}

function exclusionsFor(
  fc: Check,
  vocabulary: Vocabulary,
  steps: readonly FunnelStep[],
): FastCheck.Arbitrary<FunnelExclusion[] | undefined> {
  const required = steps.flatMap(({ optional }, index) => (optional === true ? [] : [index + 1]));
  if (required.length < 2) return fc.constant(undefined);
  const between = fc
    .uniqueArray(fc.constantFrom(...required), { minLength: 2, maxLength: 2 })
    .map((ends) => ends.sort((a, b) => a - b) as [number, number]);
  const exclusion = fc
    .tuple(arbitraryStep(fc, vocabulary), fc.option(between, { nil: undefined }))
    .map(([select, ends]) => (ends === undefined ? select : { ...select, between: ends }));
  return fc.option(fc.array(exclusion, { minLength: 1, maxLength: 2 }), {
    nil: undefined,
    freq: 3,
  });
}

function arbitraryOptions(
  fc: Check,
  vocabulary: Vocabulary,
  order: Partial<FunnelQuery>,
): FastCheck.Arbitrary<Funnel> {
  const isAny = order.order === "any";
  const isStrict = order.order === "strict";
  const select = arbitraryStep(fc, vocabulary);
  const canBeOptional = !isAny && !isStrict;
  const step = fc
    .tuple(select, fc.constantFrom(undefined, undefined, ...(canBeOptional ? [true] : [])))
    .map(([one, optional]) => withoutUndefined({ ...one, optional }));
  const steps = fc
    .tuple(
      select,
      fc.oneof(
        { weight: 1, arbitrary: fc.array(step, { maxLength: 3 }) },
        { weight: 3, arbitrary: fc.array(step, { minLength: 1, maxLength: 3 }) },
      ),
    )
    .map(([entry, others]): FunnelStep[] => [entry, ...others]);
  const rare = <T>(arbitrary: FastCheck.Arbitrary<T>): FastCheck.Arbitrary<T | undefined> =>
    fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
  const none = fc.constant(undefined);
  const rules = ["favourable", "strict"] as const;
  return steps.chain((chosen) =>
    fc.record({
      steps: fc.constant(chosen),
      window: fc.oneof(
        {
          weight: 3,
          arbitrary: fc.constantFrom<FunnelQuery["window"][]>(
            ...(["1d", "3d", "12h", "90m", "1h", "1ms", null] as const),
          ),
        },
        { weight: 1, arbitrary: fc.integer({ min: 1, max: 3 }).map((sessions) => ({ sessions })) },
      ),
      session: rare(
        fc
          .record({
            timeout: fc.constantFrom(undefined, "1ms", "10m", "1h", "1d"),
            splitAtMidnight: fc.constantFrom(undefined, true),
          })
          .map((session) => withoutUndefined(session) as FunnelQuery["session"]),
      ),
      timezone: fc.constantFrom(undefined, ...TIMEZONES),
      where: rare(arbitraryFilter(fc, vocabulary, 0)),
      asOf: rare(fc.integer({ min: 0, max: (vocabulary.days + 1) * DAY_MS })).map(
        (ms) => ms && vocabulary.startMs + ms,
      ),
      exclude: isAny ? none : exclusionsFor(fc, vocabulary, chosen),
      ignore: isStrict ? rare(fc.array(select, { maxLength: 2 })) : none,
      holdConstant: rare(
        fc.uniqueArray(fc.constantFrom("plan", "tags", "paid", "$event"), { maxLength: 2 }),
      ),
      by: rare(fc.array(arbitraryBy(fc), { minLength: 1, maxLength: 2 })),
      limit: fc.constantFrom(undefined, 1, 2, 10),
      attribution: fc.oneof(
        fc.constantFrom(undefined, ...(["firstDefined", "lastDefined", "allSteps"] as const)),
        fc.integer({ min: 1, max: chosen.length }).map((number) => ({ step: number })),
      ),
      attemptWhere: rare(arbitraryFilter(fc, vocabulary, 1)),
      ties: rare(
        fc.record({
          quantumMs: fc.constantFrom(1, 1_000, 3_600_000, 43_200_000),
          rule: fc.constantFrom(...rules),
        }),
      ),
      trend: rare(
        fc.record({
          mode: fc.constantFrom("perInterval" as const, "byEntry" as const),
          unit: fc.constantFrom("day" as const, "week" as const),
        }),
      ),
    }),
  );
}

export function arbitraryFunnel(
  fc: Check,
  vocabulary: Vocabulary,
): FastCheck.Arbitrary<FunnelQuery> {
  const whole = fc.constant({
    from: dayTextAt(vocabulary, -1),
    to: dayTextAt(vocabulary, vocabulary.days + 1),
  });
  const some = arbitraryRange(fc, vocabulary, 10 * DAY_MS);
  return fc
    .tuple(
      fc.oneof({ weight: 2, arbitrary: whole }, { weight: 1, arbitrary: some }),
      arbitraryOrder(fc).chain((order) =>
        arbitraryOptions(fc, vocabulary, order).map((options) => ({ ...options, ...order })),
      ),
    )
    .map(([ends, options]) => withoutUndefined({ kind: "funnel", ...ends, ...options } as const));
}
