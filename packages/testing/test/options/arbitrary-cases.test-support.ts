import type { EventInput, Query, QueryKind, QueryOf } from "@shale/model";
import { arbitraryEvents, arbitraryQuery } from "@shale/testing";
import fc from "fast-check";
import { withCohortFilters } from "../../src/arbitraries/arbitrary-cohort.ts";
import type { CountingQuery } from "../../src/arbitraries/arbitrary-users.ts";
import { arbitraryMembers, arbitraryUsersOf } from "../../src/arbitraries/arbitrary-users.ts";
import { dayTextAt, vocabularyOf } from "../../src/arbitraries/event-vocabulary.ts";
import { loadFastCheck } from "../../src/arbitraries/fast-check-package.ts";
import type { Picks } from "./enriched-query.test-support.ts";
import { enriched, plainer } from "./enriched-query.test-support.ts";

const check = loadFastCheck();
const HOUR_MS = 3_600_000;

export const layouts = ["in memory", "in the tail", "half drained", "drained", "merged"] as const;
export type Layout = (typeof layouts)[number];

/** Where rows lie, and who answers. */
export interface Place {
  readonly layout: Layout;
  readonly shards: number;
  readonly executors: number;
}
export interface OptionsCase {
  readonly events: readonly EventInput[];
  /** False: some have none, and then their order among those of one time is no one's. */
  readonly haveIds: boolean;
  readonly queries: readonly Query[];
  readonly place: Place;
}

/** Days with a change of clocks in Berlin, Cairo, New York or on Lord Howe; some have no events. */
const worlds = [
  { from: "2025-10-24", days: 3, users: 4, names: 2, count: 14 },
  { from: "2025-10-29", days: 5, users: 7, names: 2, count: 15 },
  { from: "2025-03-07", days: 3, users: 2, names: 1, count: 10 },
  { from: "2025-04-04", days: 12, users: 4, names: 3, count: 15 },
  { from: "2025-03-28", days: 40, users: 3, names: 3, count: 15 },
] as const;
type World = (typeof worlds)[number];

/** How many of each kind a case asks. */
const shares: Readonly<Record<Exclude<QueryKind, "users">, number>> = {
  segmentation: 6,
  funnel: 5,
  retention: 4,
  flow: 4,
  lifecycle: 4,
  stickiness: 4,
  timeline: 5,
};
/** And how many ask for the users behind a number of each kind. */
const countingShares = {
  funnel: 3,
  segmentation: 6,
  flow: 4,
  retention: 1,
  lifecycle: 1,
  stickiness: 1,
};
const COHORT_COUNT = 2;

function arbitraryQueries(world: World): fc.Arbitrary<readonly Query[]> {
  const vocabulary = vocabularyOf(world);
  const whole = {
    from: dayTextAt(vocabulary, -1),
    to: dayTextAt(vocabulary, vocabulary.days + 1),
  };
  function queriesOf<K extends QueryKind>(kind: K): fc.Arbitrary<QueryOf[K]> {
    const pick = fc.noBias(fc.nat());
    const plain = fc
      .tuple(arbitraryQuery(kind, world), pick)
      .map(([query, chosen]) => plainer(query, whole, chosen));
    const filtered = withCohortFilters(check, vocabulary, plain);
    // Timelines have but one select, and anchors take few of the cohorts.
    const weight = kind === "timeline" || kind === "flow" ? 2 : 4;
    return fc.oneof({ weight, arbitrary: plain }, { weight: 1, arbitrary: filtered });
  }
  const times = (count: number, query: fc.Arbitrary<Query>): fc.Arbitrary<Query[]> =>
    fc.array(query, { minLength: count, maxLength: count });
  const asked = Object.entries(shares).map(([kind, count]) =>
    times(count, queriesOf(kind as keyof typeof shares)),
  );
  const behind = Object.entries(countingShares).map(([name, count]) => {
    const kind = name as keyof typeof countingShares;
    const counting: fc.Arbitrary<CountingQuery> = queriesOf(kind);
    return times(count, arbitraryUsersOf(check, vocabulary, counting));
  });
  const members = times(COHORT_COUNT, arbitraryMembers(check, vocabulary));
  return fc.tuple(...asked, ...behind, members).map((lists) => lists.flat());
}

/** Few users, whose events follow each other closely. */
function crowdedEvents({ from }: World): fc.Arbitrary<EventInput[]> {
  const startMs = Date.parse(from);
  const event = fc.record({
    event: fc.constantFrom("view", "buy", "sign up"),
    user_id: fc.constantFrom("u1", "u1", "u2", ""),
    step: fc.nat({ max: 24 }),
    properties: fc.record({
      plan: fc.constantFrom("a", "A", null),
      tags: fc.constantFrom("a", ["a", "b"], ["a"], [], ["b", null], null),
      paid: fc.boolean(),
      price: fc.constantFrom(1, 10, 20, null),
    }),
  });
  return fc
    .tuple(
      fc.constantFrom(1, 1_000, 600_000, HOUR_MS, 2 * HOUR_MS),
      fc.array(event, { minLength: 8, maxLength: 20, size: "max" }),
    )
    .map(([stepMs, drafts]) =>
      drafts.map(({ step, ...one }) => ({ ...one, time: startMs + step * stepMs })),
    );
}

const picks: fc.Arbitrary<Picks> = fc.array(fc.noBias(fc.nat()), { minLength: 7, maxLength: 7 });

function arbitraryCaseIn(world: World): fc.Arbitrary<OptionsCase> {
  const list = arbitraryEvents(world);
  // Twice as many: users have to come again.
  const events = fc.oneof(
    list,
    crowdedEvents(world),
    fc.tuple(list, list).map((lists) => lists.flat()),
  );
  return fc
    .record({
      events,
      haveIds: fc.constantFrom(true, true, true, false),
      queries: arbitraryQueries(world),
      picks: fc.array(picks, { minLength: 54, maxLength: 54 }),
      place: fc.record({
        layout: fc.constantFrom(...layouts),
        shards: fc.constantFrom(1, 7, 64),
        executors: fc.constantFrom(1, 2, 5),
      }),
    })
    .map(({ picks: chosen, ...one }) => ({
      ...one,
      queries: one.queries.map((query, index) => enriched(query, one.events, chosen[index] ?? [])),
    }));
}

export const arbitraryCase: fc.Arbitrary<OptionsCase> = fc
  .constantFrom(...worlds)
  .chain(arbitraryCaseIn);
