import type { EventSelect, FlowQuery, Span } from "@shale/model";
import { DAY_MS } from "@shale/model";
import type * as FastCheck from "fast-check";
import { arbitraryFilter } from "./arbitrary-filter.ts";
import type { Vocabulary } from "./event-vocabulary.ts";
import { dayTextAt } from "./event-vocabulary.ts";
import type { Check } from "./query-parts.ts";
import { arbitraryRange, arbitrarySelect, TIMEZONES, withoutUndefined } from "./query-parts.ts";

/** Mostly an event by its name, so that flows are found. */
function arbitraryAnchor(fc: Check, vocabulary: Vocabulary): FastCheck.Arbitrary<EventSelect> {
  const plain = fc.constantFrom(...vocabulary.names).map((event) => ({ event }));
  return fc.oneof(
    { weight: 4, arbitrary: plain },
    { weight: 1, arbitrary: fc.constant({}) },
    { weight: 2, arbitrary: arbitrarySelect(fc, vocabulary) },
  );
}

export function arbitraryFlow(fc: Check, vocabulary: Vocabulary): FastCheck.Arbitrary<FlowQuery> {
  const whole = fc.constant({
    from: dayTextAt(vocabulary, -1),
    to: dayTextAt(vocabulary, vocabulary.days + 1),
  });
  const some = arbitraryRange(fc, vocabulary, 10 * DAY_MS);
  const rare = <T>(arbitrary: FastCheck.Arbitrary<T>): FastCheck.Arbitrary<T | undefined> =>
    fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
  const selects = fc.array(arbitrarySelect(fc, vocabulary), { minLength: 1, maxLength: 2 });
  const anchor = arbitraryAnchor(fc, vocabulary);
  const session = fc
    .record({
      timeout: fc.constantFrom<Span[]>("5m", "1h", "13h", "3d"),
      splitAtMidnight: fc.constantFrom(undefined, true),
    })
    .map(withoutUndefined);
  return fc
    .record({
      ends: fc.oneof({ weight: 2, arbitrary: whole }, { weight: 1, arbitrary: some }),
      timezone: fc.constantFrom(undefined, ...TIMEZONES),
      where: rare(arbitraryFilter(fc, vocabulary, 0)),
      asOf: rare(fc.integer({ min: 0, max: (vocabulary.days + 1) * DAY_MS })).map(
        (ms) => ms && vocabulary.startMs + ms,
      ),
      anchors: fc.oneof(
        { weight: 2, arbitrary: fc.tuple(anchor) },
        { weight: 1, arbitrary: fc.array(anchor, { minLength: 2, maxLength: 3 }) },
      ),
      before: fc.constantFrom(undefined, 0, 1, 2, 20),
      after: fc.constantFrom(undefined, 0, 1, 2, 20),
      count: fc.constantFrom<FlowQuery["count"][]>(undefined, "uniques", "totals", "sessions"),
      session: fc.oneof(fc.constant(undefined), session),
      window: fc.constantFrom<FlowQuery["window"][]>(undefined, "1d", "12h", "90m", "1ms"),
      collapseRepeats: fc.constantFrom(undefined, true, false),
      hide: rare(selects),
      include: rare(selects),
      groupBy: rare(fc.constantFrom("plan", "tags", "mixed", "price", "$event", "$user_id")),
      topK: fc.constantFrom(undefined, 1, 2, 10),
      mode: fc.constantFrom<FlowQuery["mode"][]>(undefined, "graph", "paths"),
      paths: fc.constantFrom(undefined, 1, 2, 50),
    })
    .map(({ ends, ...query }) =>
      withoutUndefined({ kind: "flow" as const, ...ends, ...query } satisfies FlowQuery),
    );
}
