import type { EventInput, FunnelAnswer, FunnelQuery } from "@shale/model";
import { manualClock, referenceStore, simulatedEnv } from "@shale/testing";
import { describe, expect, test } from "vitest";
import { openEngine } from "./engine-process.test-support.ts";

const START_MS = Date.UTC(2025, 0, 1);
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

type Fields = Readonly<Record<string, string>>;
/** `A0 B10`: the event A at minute 0, B at minute 10; `unitMs` is another unit than minutes. */
function eventsOf(text: string, unitMs = MINUTE_MS, properties: readonly Fields[] = []) {
  return text.split(" ").map((word, index): EventInput => {
    const [, event = "", at = "0"] = /^([A-Z][a-z]*)(-?[\d.]+)$/.exec(word) ?? [];
    const time = START_MS + Math.round(Number(at) * unitMs);
    return {
      event,
      user_id: "u",
      time,
      insert_id: `i${index}`,
      ...(properties[index] === undefined ? {} : { properties: properties[index] }),
    };
  });
}

/** A funnel over events by name, with a window of an hour. */
function funnel(names: string, options: Partial<FunnelQuery> = {}): FunnelQuery {
  return {
    kind: "funnel",
    from: START_MS,
    to: START_MS + DAY_MS,
    asOf: START_MS + 366 * DAY_MS,
    window: "60m",
    steps: names.split("→").map((event) => ({ event })),
    ...options,
  };
}

interface Example {
  readonly name: string;
  readonly events: readonly EventInput[];
  readonly query: FunnelQuery;
  /** Counts by step. */
  readonly counts: readonly number[];
  readonly more?: (answer: FunnelAnswer) => void;
}

const abc = eventsOf("A0 A30 B45 C75");
const seconds = eventsOf("B1 A2.5 C9", 1_000);
const totals = { count: "totals" } as const;
const best = { ...totals, entry: "optimized" } as const;
const excluded = eventsOf("A0 X5 B10");
const pages = eventsOf("Page0 Page1", MINUTE_MS, [{ path: "/x" }, { path: "/y" }]);
const items = eventsOf("Browse0 Browse1 Add2 Browse3", MINUTE_MS, [
  { item: "shirt" },
  { item: "jeans" },
  {},
  { item: "shoes" },
]);
const weeks = eventsOf("A0 B1 A4 B5 A19", DAY_MS);
const daily: Partial<FunnelQuery> = {
  to: START_MS + 31 * DAY_MS,
  window: "7d",
  trend: { mode: "perInterval", unit: "day" },
};
const lastMs = ({ steps }: FunnelAnswer) => steps.at(-1)?.timeFromFirstMs?.avg;

const examples: readonly Example[] = [
  { name: "first entry", events: abc, query: funnel("A→B→C"), counts: [1, 1, 0] },
  {
    name: "optimized entry",
    events: abc,
    query: funnel("A→B→C", { entry: "optimized" }),
    counts: [1, 1, 1],
    more: (answer) => expect(lastMs(answer)).toBe(45 * MINUTE_MS),
  },
  {
    name: "totals enter again only after the last attempt ended",
    events: eventsOf("A0 A10 B20 A30 B40"),
    query: funnel("A→B", totals),
    counts: [2, 2],
    more: (answer) => expect(lastMs(answer)).toBe(15 * MINUTE_MS),
  },
  {
    name: "what excludes does not enter",
    events: eventsOf("A1 A2 A3 B4"),
    query: funnel("A→B", { ...totals, exclude: [{ event: "A", between: [1, 2] }] }),
    counts: [2, 1],
  },
  {
    name: "an entry that a later one has passed over drops off, in totals of best attempts",
    events: eventsOf("A0 A10 B20"),
    query: funnel("A→B", best),
    counts: [2, 1],
    more: (answer) => expect(lastMs(answer)).toBe(10 * MINUTE_MS),
  },
  {
    name: "what lies before the best attempt is an attempt of its own",
    events: eventsOf("A0 B5 A10 B20 C30"),
    query: funnel("A→B→C", best),
    counts: [2, 2, 1],
    more: (answer) => expect(lastMs(answer)).toBe(20 * MINUTE_MS),
  },
  {
    name: "an entry inside of the best attempt begins none",
    events: eventsOf("A0 B5 A10 C30 A40"),
    query: funnel("A→B→C", best),
    counts: [2, 1, 1],
  },
  {
    name: "a better attempt may begin in the window of another and end behind it",
    events: eventsOf("A0 A50 B100 C105"),
    query: funnel("A→B→C", best),
    counts: [2, 1, 1],
  },
  {
    name: "an exclusion that is an entry begins the next attempt, in totals of best attempts",
    events: eventsOf("A1 A2 A3 B4"),
    query: funnel("A→B", { ...best, exclude: [{ event: "A", between: [1, 2] }] }),
    counts: [3, 1],
  },
  {
    name: "only attempts that an exclusion ended are removed, in totals of best attempts",
    events: eventsOf("A0 X5 A10 B20 A30"),
    query: funnel("A→B", { ...best, exclude: [{ event: "X" }], onExclude: "remove" }),
    counts: [2, 1],
  },
  {
    name: "an attempt is pending by its own window, in totals of best attempts",
    events: eventsOf("A0 A100"),
    query: funnel("A→B", { ...best, asOf: START_MS + 110 * MINUTE_MS }),
    counts: [2, 0],
    more: ({ steps }) => expect(steps[1]?.pending).toBe(1),
  },
  {
    name: "in strict order each entry is an attempt until something breaks it",
    events: eventsOf("A0 A1 B2 X3 A4 X5 B6"),
    query: funnel("A→B", { ...totals, order: "strict" }),
    counts: [3, 1],
  },
  {
    name: "totals of best attempts hold what each of them began with",
    events: eventsOf("A0 A10 B20 B30 A40 B50", MINUTE_MS, [
      { plan: "a" },
      { plan: "b" },
      { plan: "a" },
      { plan: "b" },
      { plan: "b" },
      { plan: "a" },
    ]),
    query: funnel("A→B", { ...best, holdConstant: ["plan"] }),
    counts: [2, 1],
    more: (answer) => expect(lastMs(answer)).toBe(20 * MINUTE_MS),
  },
  {
    name: "an optional step behind the last one is of one attempt only",
    events: eventsOf("A0 A3 B5 A6"),
    query: funnel("", {
      ...best,
      steps: [{ event: "A" }, { event: "B", optional: true }, { event: "C" }],
    }),
    counts: [2, 1, 0],
  },
  {
    name: "in any order what lies before the best attempt counts too",
    events: eventsOf("A0 B5 A100 B105 C110"),
    query: funnel("A→B→C", { ...best, order: "any" }),
    counts: [2, 2, 1],
  },
  {
    name: "an exclusion drops off",
    events: excluded,
    query: funnel("A→B", { exclude: [{ event: "X" }] }),
    counts: [1, 0],
  },
  {
    name: "an exclusion removes",
    events: excluded,
    query: funnel("A→B", { exclude: [{ event: "X" }], onExclude: "remove" }),
    counts: [0, 0],
  },
  {
    name: "an exclusion removes the best attempt, and the user with it",
    events: excluded,
    query: funnel("A→B", { exclude: [{ event: "X" }], onExclude: "remove", entry: "optimized" }),
    counts: [0, 0],
  },
  {
    name: "an exclusion removes nobody who converts with a later entry",
    events: eventsOf("A0 X5 A6 B10"),
    query: funnel("A→B", { exclude: [{ event: "X" }], onExclude: "remove", entry: "optimized" }),
    counts: [1, 1],
  },
  {
    name: "in strict order only the exclusion that breaks the chain removes",
    events: eventsOf("A0 C1 X2 B3"),
    query: funnel("A→B", { exclude: [{ event: "X" }], onExclude: "remove", order: "strict" }),
    counts: [1, 0],
  },
  { name: "no ties in 1 ms", events: seconds, query: funnel("A→B→C"), counts: [1, 0, 0] },
  {
    name: "different seconds do not tie",
    events: seconds,
    query: funnel("A→B→C", { ties: { quantumMs: 1_000, rule: "favourable" } }),
    counts: [1, 0, 0],
  },
  {
    name: "a longer quantum ties them",
    events: seconds,
    query: funnel("A→B→C", { ties: { quantumMs: 10_000, rule: "favourable" } }),
    counts: [1, 1, 1],
  },
  {
    name: "one event is one step",
    events: eventsOf("A0"),
    query: funnel("A→A→B"),
    counts: [1, 0, 0],
  },
  {
    name: "any order, out of the window",
    events: eventsOf("B0 A3 C20"),
    query: funnel("A→B→C", { order: "any", window: "10m" }),
    counts: [1, 1, 0],
  },
  {
    name: "any order, in the window",
    events: eventsOf("B0 A3 C9"),
    query: funnel("A→B→C", { order: "any", window: "10m" }),
    counts: [1, 1, 1],
    more: (answer) => {
      expect(lastMs(answer)).toBe(9 * MINUTE_MS);
      expect(answer.steps[1]?.label).toBe("2 of 3 done");
    },
  },
  {
    name: "any order matches events to steps",
    events: pages,
    query: funnel("", {
      order: "any",
      steps: [
        { event: "Page" },
        { event: "Page", where: { property: "path", op: "eq", value: "/x" } },
      ],
    }),
    counts: [1, 1],
  },
  {
    name: "a user is once in each segment",
    events: items,
    query: funnel("Browse→Add", { by: ["item"], attribution: { step: 1 } }),
    counts: [1, 1],
    more: ({ segments }) =>
      expect(segments?.map(({ by, steps }) => [by, steps.map(({ count }) => count)])).toEqual([
        [["shirt"], [1, 1]],
        [["shoes"], [1, 0]],
      ]),
  },
  {
    name: "sessions count once each, and steps of two sessions make no chain",
    events: eventsOf("A0 A10 B20 A100 B200 A300 B310"),
    query: funnel("A→B", { count: "sessions", window: null }),
    counts: [3, 2],
  },
  {
    name: "a session that began before the range does not count",
    events: eventsOf("X-10 A5 B6 A100"),
    query: funnel("A→B", { count: "sessions" }),
    counts: [1, 0],
  },
  {
    name: "a session lasts a day at most, from where it began before the range",
    events: eventsOf(
      `X-20 ${Array.from({ length: 143 }, (_, at) => `X${at * 10}`).join(" ")} A1420 B1421`,
    ),
    query: funnel("A→B", { window: { sessions: 1 } }),
    counts: [1, 0],
  },
  {
    name: "a window of two sessions ends with the second, whatever is in it",
    events: eventsOf("A0 X100 B200"),
    query: funnel("A→B", { window: { sessions: 2 } }),
    counts: [1, 0],
    more: ({ steps }) => expect(steps[1]?.pending).toBe(0),
  },
  {
    name: "a window of sessions is open while the last has not begun",
    events: eventsOf("A0 X100"),
    query: funnel("A→B", { window: { sessions: 3 } }),
    counts: [1, 0],
    more: ({ steps }) => expect(steps[1]?.pending).toBe(1),
  },
  {
    name: "events of two sessions are never tied",
    events: eventsOf("B0 A40"),
    query: funnel("A→B", {
      window: { sessions: 2 },
      ties: { quantumMs: 3_600_000, rule: "favourable" },
    }),
    counts: [1, 0],
  },
  {
    name: "an attempt is in no segment when its steps differ",
    events: eventsOf("A0 B10 A100 B110", MINUTE_MS, [
      { plan: "a" },
      { plan: "b" },
      { plan: "b" },
      { plan: "b" },
    ]),
    query: funnel("A→B", { ...totals, by: ["plan"], attribution: "allSteps" }),
    counts: [2, 2],
    more: ({ segments }) =>
      expect(segments?.map(({ by, steps }) => [by, steps.map(({ count }) => count)])).toEqual([
        [["b"], [1, 1]],
      ]),
  },
  {
    name: "steps in any order are by the event that made them so many",
    events: eventsOf("B0 B1 A2", MINUTE_MS, [{ plan: "a" }, { plan: "b" }, { plan: "c" }]),
    query: funnel("A→B", { order: "any", by: ["plan"], attribution: { step: 2 } }),
    counts: [1, 1],
    more: ({ segments }) => expect(segments?.map(({ by }) => by)).toEqual([["c"]]),
  },
  {
    name: "a list names its values, also where a null stands before them",
    events: [{ ...eventsOf("A0")[0]!, properties: { tags: [null, 1] } }],
    query: funnel("A", { by: ["tags"] }),
    counts: [1],
    more: ({ segments }) => expect(segments?.map(({ by }) => by)).toEqual([[null], [1]]),
  },
  {
    name: "a filter on attempts takes those that a segment would have",
    events: items,
    query: funnel("Browse→Add", {
      attribution: { step: 1 },
      attemptWhere: { property: "item", op: "eq", value: "shoes" },
    }),
    counts: [1, 0],
  },
  {
    name: "a filter on attempts looks at each property where it is attributed",
    events: eventsOf("A0 B1", MINUTE_MS, [{ plan: "a" }, { item: "x" }]),
    query: funnel("A→B", {
      attemptWhere: {
        all: [
          { property: "plan", op: "eq", value: "a" },
          { property: "item", op: "eq", value: "x" },
          { property: "paid", op: "isNotSet" },
          { cohort: { did: { event: "B" } } },
        ],
      },
    }),
    counts: [1, 1],
  },
  {
    name: "strict order with strict ties breaks at what is tied",
    events: eventsOf("A0 B1 A60 B120 B125"),
    query: funnel("A→B→B", {
      order: "strict",
      ties: { quantumMs: 3_600_000, rule: "strict" },
      window: "1d",
    }),
    counts: [1, 1, 0],
  },
  {
    name: "a trend has a funnel for each interval",
    events: weeks,
    query: funnel("A→B", daily),
    counts: [1, 1],
    more: ({ trend }) => {
      const rates = trend?.flatMap(({ interval, steps }) => {
        const rate = steps.at(-1)?.fromFirst;
        return rate === null ? [] : [[interval, rate]];
      });
      expect(rates).toEqual([
        ["2025-01-01", 1],
        ["2025-01-05", 1],
        ["2025-01-20", 0],
      ]);
    },
  },
];

async function askBoth(events: readonly EventInput[], query: FunnelQuery): Promise<FunnelAnswer[]> {
  const reference = referenceStore({ clock: manualClock(0) });
  await reference.append(events);
  const env = simulatedEnv({ seed: 1 });
  try {
    const { project } = await openEngine(env, { shards: 1 });
    await project.append(events);
    return [await reference.query(query), await project.query(query)];
  } finally {
    env.endSimulation();
  }
}

describe("the worked examples of the query semantics hold for engine and reference", () => {
  test.each(examples)("$name", async ({ events, query, counts, more }) => {
    for (const answer of await askBoth(events, query)) {
      expect(answer.steps.map(({ count }) => count)).toEqual(counts);
      more?.(answer);
    }
  });
});
