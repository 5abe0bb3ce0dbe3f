import type { EventInput, Query } from "@shale/model";
import type { SimulatedEnv } from "@shale/testing";
import { arbitraryEvents, arbitraryQuery, referenceStore, simulatedEnv } from "@shale/testing";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import type { Asked, EngineProcess } from "./engine-process.test-support.ts";
import { isLong, openEngine } from "./engine-process.test-support.ts";

/** For slow machines: nothing here is about speed. */
const TIMEOUT_MS = isLong ? 3_600_000 : 600_000;

/** Where rows lie when the questions are asked. */
const layouts = ["in memory", "flushed", "two writers", "half drained", "merged"] as const;
type Layout = (typeof layouts)[number];

async function storeWith(
  env: SimulatedEnv,
  events: readonly EventInput[],
  { layout, shards }: { readonly layout: Layout; readonly shards: number },
): Promise<EngineProcess> {
  const first = await openEngine(env, { shards });
  const engines = [first];
  if (layout === "two writers") engines.push(await openEngine(env.startProcess()));
  const partSize = Math.max(1, Math.ceil(events.length / 4));
  for (let part = 0; part * partSize < events.length; part++) {
    const { project } = engines[part % engines.length]!;
    await project.append(events.slice(part * partSize, (part + 1) * partSize));
    if (layout === "half drained" && part === 1) await project.compact();
    if (layout === "merged" && part < 2) await project.compact();
    // Rows of two writers are ordered by their clocks (protocol, seq of a row).
    await env.clock.sleep(1);
  }
  if (layout !== "in memory") for (const { project } of engines) await project.flush();
  if (layout === "merged") await first.project.compact();
  return first;
}

async function answersOf(asked: Asked, queries: readonly Query[]): Promise<string[]> {
  const answers: string[] = [];
  for (const query of queries) {
    const { meta: _meta, ...answer } = await asked.query(query);
    answers.push(JSON.stringify(answer));
  }
  return answers;
}

/**
 * Events of one time and name are ordered by their insert ids. Derived ones say where a row lies,
 * on which two writers and a reference do not agree: there each event is given one.
 */
function withInsertIds(events: readonly EventInput[], layout: Layout): readonly EventInput[] {
  if (layout !== "two writers") return events;
  return events.map((event, index) => ({ insert_id: `n${index}`, ...event }));
}

/** Two weeks with a change of clocks in Berlin, Cairo, New York or on Lord Howe. */
const arbitraryWorld = fc
  .record({
    from: fc.constantFrom("2025-10-24", "2025-10-29", "2025-03-07", "2025-04-04", "2025-03-28"),
    days: fc.constantFrom(3, 5, 12),
    users: fc.constantFrom(1, 2, 4),
    names: fc.constantFrom(1, 2, 3),
    count: fc.constantFrom(10, 30),
  })
  .chain((options) => {
    const query = fc.oneof(
      { weight: 4, arbitrary: arbitraryQuery("retention", options) },
      { weight: 1, arbitrary: arbitraryQuery("lifecycle", options) },
      { weight: 1, arbitrary: arbitraryQuery("stickiness", options) },
    );
    // Several lists in one: users have to come again and again.
    const list = arbitraryEvents(options);
    return fc.record({
      events: fc.tuple(list, list, list, list).map((lists) => lists.flat()),
      queries: fc.array(query, { minLength: 12, maxLength: 12 }),
      layout: fc.constantFrom(...layouts),
      shards: fc.constantFrom(1, 7, 64),
    });
  });

/** How often each option was asked, and how often somebody returned or was active. */
const asked = new Map<string, { asked: number; told: number }>();

function count(query: Query, answer: string): void {
  const tells = /"count":[1-9]|"(users|new|returning|resurrecting|dormant)":\[[^\]]*[1-9]/;
  const told = tells.test(answer) ? 1 : 0;
  const names: string[] = [query.kind];
  for (const [name, value] of Object.entries(query)) {
    const isChoice = ["unit", "clock", "mode", "cohort", "average", "minOccurrences"].includes(
      name,
    );
    if (isChoice || name === "minEvents") names.push(`${query.kind}.${name}=${value}`);
    else if (["buckets", "brackets", "by", "asOf", "where"].includes(name)) {
      names.push(`${query.kind}.${name}`);
    }
  }
  for (const name of names) {
    const counts = asked.get(name) ?? { asked: 0, told: 0 };
    asked.set(name, { asked: counts.asked + 1, told: counts.told + told });
  }
}

afterAll(() => {
  const lines = [...asked]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, counts]) => `${name}: ${counts.asked} asked, ${counts.told} not empty`);
  process.stdout.write(`${lines.join("\n")}\n`);
});

test(
  "retention, lifecycle and stickiness are what the reference says, wherever the rows lie",
  async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryWorld, async ({ events, queries, layout, shards }) => {
        const env = simulatedEnv({ seed: 1 });
        try {
          const sent = withInsertIds(events, layout);
          const { project } = await storeWith(env, sent, { layout, shards });
          const reference = referenceStore({ clock: env.clock });
          await reference.append(sent);
          const answers = await answersOf(project, queries);
          expect(answers).toEqual(await answersOf(reference, queries));
          for (const [index, query] of queries.entries()) count(query, answers[index]!);
        } finally {
          env.endSimulation();
        }
      }),
      { numRuns: isLong ? 2_000 : 25 },
    );
    for (const kind of ["retention", "lifecycle", "stickiness"]) {
      expect(asked.get(kind)!.told).toBeGreaterThan(asked.get(kind)!.asked / 10);
    }
  },
  TIMEOUT_MS,
);
