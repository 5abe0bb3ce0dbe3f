import type {
  Answer,
  EventInput,
  FlowQuery,
  FunnelAnswerStep,
  FunnelQuery,
  Query,
  Segment,
  SegmentationQuery,
  UsersAnswer,
  UsersQuery,
} from "@shale/model";
import type { SimulatedEnv } from "@shale/testing";
import { arbitraryEvents, arbitraryQuery, referenceStore, simulatedEnv } from "@shale/testing";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import type { Asked, EngineProcess } from "./engine-process.test-support.ts";
import { isLong, openEngine } from "./engine-process.test-support.ts";

/** For slow machines: nothing here is about speed. */
const TIMEOUT_MS = isLong ? 3_600_000 : 600_000;
const RUN_COUNT = Number(process.env["SHALE_TEST_RUNS"] ?? (isLong ? 150 : 8));

/** Where rows lie when the questions are asked. */
const layouts = ["in memory", "flushed", "half drained", "merged"] as const;
type Layout = (typeof layouts)[number];

interface Place {
  readonly layout: Layout;
  readonly shards: number;
}

async function storeWith(
  env: SimulatedEnv,
  events: readonly EventInput[],
  { layout, shards }: Place,
): Promise<EngineProcess> {
  const engine = await openEngine(env, { shards });
  const { project } = engine;
  const partSize = Math.max(1, Math.ceil(events.length / 3));
  for (let part = 0; part * partSize < events.length; part++) {
    await project.append(events.slice(part * partSize, (part + 1) * partSize));
    if (part === 1 && (layout === "half drained" || layout === "merged")) await project.compact();
    await env.clock.sleep(1);
  }
  if (layout !== "in memory") await project.flush();
  if (layout === "merged") await project.compact();
  return engine;
}

async function withBoth(
  events: readonly EventInput[],
  place: Place,
  check: (project: Asked, reference: Asked) => Promise<void>,
): Promise<void> {
  const env = simulatedEnv({ seed: 1 });
  try {
    const { project } = await storeWith(env, events, place);
    const reference = referenceStore({ clock: env.clock });
    await reference.append(events);
    await check(project, reference);
  } finally {
    env.endSimulation();
  }
}

async function bareAnswer(asked: Asked, query: Query): Promise<string> {
  const { meta: _meta, ...answer } = await asked.query(query);
  return JSON.stringify(answer);
}

/** All pages; throws where they do not fit together. */
async function listOf(asked: Asked, query: UsersQuery): Promise<string[]> {
  const users: string[] = [];
  let first: UsersAnswer | undefined;
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page: UsersAnswer = await asked.query(
      cursor === undefined ? query : { ...query, cursor },
    );
    first ??= page;
    expect(page.total).toBe(first.total);
    expect(page.meta.asOf).toBe(first.meta.asOf);
    expect(page.users.length).toBeLessThanOrEqual(query.limit ?? 100);
    users.push(...page.users.map(({ user_id }) => user_id));
    cursor = page.cursor;
  }
  expect(users).toHaveLength(first?.total ?? -1);
  return users;
}

/** A number of an answer that counts users, and how to ask for them. */
interface CountedCell {
  readonly cell: NonNullable<UsersQuery["cell"]>;
  readonly count: number;
}

type Where = CountedCell["cell"];

/** Segments by what a cell calls them: their values, or the rest. */
function named<Part>(
  segments: readonly (Segment & Part)[] | undefined,
): (Part & { readonly where: Where })[] {
  return (segments ?? []).map((one) => ({
    ...one,
    where: one.other === true ? { other: true } : { segment: one.by },
  }));
}

function cellsOf(query: Query, answer: Answer): CountedCell[] {
  switch (answer.kind) {
    case "retention": {
      const parts = [{ where: {}, cohorts: answer.cohorts }, ...named(answer.segments)];
      return parts.flatMap(({ where, cohorts }) =>
        cohorts.flatMap(({ interval, size, buckets }) => [
          { cell: { ...where, interval }, count: size },
          ...buckets.map(({ count }, bucket) => ({ cell: { ...where, interval, bucket }, count })),
        ]),
      );
    }
    case "funnel": {
      const funnel = query as FunnelQuery;
      if (funnel.count === "totals" || funnel.count === "sessions") return [];
      const parts = [{ where: {}, steps: answer.steps }, ...named(answer.segments)];
      return [
        ...parts.flatMap(({ where, steps }) => stepCells(funnel, steps, where)),
        ...(answer.trend ?? []).flatMap(({ interval, steps }) =>
          stepCells(funnel, steps, { interval }),
        ),
      ];
    }
    case "segmentation":
      return answer.series.flatMap(({ overall, segments }, series) => {
        const asked = query as SegmentationQuery;
        // One more than are asked for is that of a formula, which has no users of its own.
        const { measure } = asked.series[series] ?? {};
        const words: readonly unknown[] = ["unique", "dau", "wau", "mau", "cumulativeUnique"];
        const countsUsers = words.includes(measure);
        if (!countsUsers || (asked.rolling ?? 1) > 1) return [];
        const parts = [{ where: {}, ...overall }, ...named(segments)];
        return parts.flatMap(({ where, values, range }) => [
          { cell: { series, ...where }, count: Number(range) },
          ...values.map((value, index) => ({
            cell: { series, ...where, interval: answer.intervals[index]! },
            count: Number(value),
          })),
        ]);
      });
    case "flow": {
      const { count = "uniques" } = query as FlowQuery;
      if (count !== "uniques") return [];
      if (answer.mode === "paths") {
        return [
          ...answer.paths.map(({ labels, count: walked }) => ({ cell: { labels }, count: walked })),
          { cell: { other: true as const }, count: answer.other },
        ];
      }
      return answer.steps.flatMap(({ anchor, offset, nodes }) =>
        nodes.flatMap(({ label, count: reached, dropOff, pending }) => {
          const node = label === null ? { other: true as const } : { label };
          const cell = { ...(anchor === undefined ? {} : { anchor }), offset, ...node };
          return [
            { cell, count: reached },
            { cell: { ...cell, outcome: "dropped" as const }, count: dropOff },
            { cell: { ...cell, outcome: "pending" as const }, count: pending },
          ];
        }),
      );
    }
    case "lifecycle":
      return (["new", "returning", "resurrecting", "dormant"] as const).flatMap((label) =>
        answer[label].map((count, index) => {
          return { cell: { label, interval: answer.intervals[index]! }, count };
        }),
      );
    case "stickiness":
      return answer.users.map((count, index) => ({ cell: { bucket: index + 1 }, count }));
    default:
      return [];
  }
}

function stepCells(
  { steps: asked }: FunnelQuery,
  steps: readonly FunnelAnswerStep[],
  where: CountedCell["cell"],
): CountedCell[] {
  return steps.flatMap(({ count, pending }, index) => {
    const before = asked.slice(0, index).findLastIndex(({ optional }) => optional !== true);
    const dropped = index === 0 ? 0 : steps[before]!.count - count - pending;
    const step = index + 1;
    return [
      { cell: { ...where, step, outcome: "reached" as const }, count },
      { cell: { ...where, step, outcome: "pending" as const }, count: pending },
      { cell: { ...where, step, outcome: "dropped" as const }, count: dropped },
    ];
  });
}

/** Days with a change of clocks in Berlin, Cairo, New York or on Lord Howe. */
const worlds = [
  { from: "2025-10-24", days: 3, users: 4, names: 2, count: 20 },
  { from: "2025-10-29", days: 5, users: 7, names: 2, count: 30 },
  { from: "2025-03-07", days: 3, users: 2, names: 1, count: 10 },
  { from: "2025-04-04", days: 12, users: 4, names: 3, count: 30 },
] as const;
type World = (typeof worlds)[number];

function inSomeWorld<T>(make: (world: World) => fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof(...worlds.map(make));
}

const arbitraryPlace = fc.record({
  layout: fc.constantFrom(...layouts),
  shards: fc.constantFrom(1, 7, 64),
});

/** Several lists in one: users have to come again and again. */
function arbitrarySent(world: World): fc.Arbitrary<EventInput[]> {
  const list = arbitraryEvents(world);
  return fc.tuple(list, list, list).map((lists) => lists.flat());
}

function arbitraryCounting(world: World, cohorts: boolean): fc.Arbitrary<Query> {
  const options = { ...world, cohorts };
  return fc.oneof(
    arbitraryQuery("segmentation", options),
    arbitraryQuery("funnel", options),
    arbitraryQuery("retention", options),
    arbitraryQuery("flow", options),
    arbitraryQuery("lifecycle", options),
    arbitraryQuery("stickiness", options),
  );
}

/** How often somebody was found, of how many times. */
const found = new Map<string, { asked: number; told: number }>();

function note(name: string, isTold: boolean): void {
  const { asked, told } = found.get(name) ?? { asked: 0, told: 0 };
  found.set(name, { asked: asked + 1, told: told + (isTold ? 1 : 0) });
}

afterAll(() => {
  const lines = [...found]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { asked, told }]) => `${name}: ${asked} asked, ${told} not empty`);
  process.stdout.write(`${lines.join("\n")}\n`);
});

test(
  "filters on cohorts take the users that the reference says, in every kind of query",
  async () => {
    const arbitraryCase = inSomeWorld((world) =>
      fc.record({
        events: arbitrarySent(world),
        queries: fc.array(arbitraryCounting(world, true), { minLength: 6, maxLength: 6 }),
        place: arbitraryPlace,
      }),
    );
    await fc.assert(
      fc.asyncProperty(arbitraryCase, ({ events, queries, place }) =>
        withBoth(events, place, async (project, reference) => {
          for (const query of queries) {
            const answer = await bareAnswer(project, query);
            expect(answer).toBe(await bareAnswer(reference, query));
            note(`cohort in ${query.kind}`, /[[:][1-9]/.test(answer));
          }
        }),
      ),
      { numRuns: RUN_COUNT },
    );
  },
  TIMEOUT_MS,
);

test(
  "lists of users are those of the reference, whatever the pages",
  async () => {
    const arbitraryCase = inSomeWorld((world) =>
      fc.record({
        events: arbitrarySent(world),
        queries: fc.array(arbitraryQuery("users", world), { minLength: 8, maxLength: 8 }),
        place: arbitraryPlace,
      }),
    );
    await fc.assert(
      fc.asyncProperty(arbitraryCase, ({ events, queries, place }) =>
        withBoth(events, place, async (project, reference) => {
          for (const query of queries) {
            const users = await listOf(project, query);
            expect(users).toEqual(await listOf(reference, query));
            note(`users of ${query.of?.kind ?? "a cohort"}`, users.length > 0);
          }
        }),
      ),
      { numRuns: RUN_COUNT },
    );
  },
  TIMEOUT_MS,
);

test(
  "behind a number that counts users are as many users",
  async () => {
    const arbitraryCase = inSomeWorld((world) =>
      fc.record({
        events: arbitrarySent(world),
        queries: fc.tuple(
          arbitraryCounting(world, true),
          ...Array.from({ length: 4 }, () => arbitraryCounting(world, false)),
        ),
        picks: fc.infiniteStream(fc.nat()),
        place: arbitraryPlace,
      }),
    );
    await fc.assert(
      fc.asyncProperty(arbitraryCase, ({ events, queries, picks, place }) =>
        withBoth(events, place, async (project) => {
          for (const of of queries) {
            const cells = cellsOf(of, await project.query(of));
            // Those that count somebody before the others, and of them those of the rest.
            const rankOf = ({ cell, count }: CountedCell): number =>
              count === 0 ? 2 : cell.other === true ? 0 : 1;
            cells.sort((left, right) => rankOf(left) - rankOf(right));
            for (let count = 0; count < Math.min(4, cells.length); count++) {
              const { cell, count: wanted } =
                cells[picks.next().value % Math.min(cells.length, 20)]!;
              const { total } = await project.query({ kind: "users", of, cell, limit: 1 });
              expect({ cell, total }).toEqual({ cell, total: wanted });
              note(`numbers of ${cell.other ? "the rest of " : ""}${of.kind}`, wanted > 0);
            }
          }
        }),
      ),
      { numRuns: RUN_COUNT },
    );
  },
  TIMEOUT_MS,
);
