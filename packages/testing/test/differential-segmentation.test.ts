import type { EventInput, Query, SegmentationQuery } from "@shale/model";
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

/** The answers, and what they skipped, to the byte. */
async function answersOf(asked: Asked, queries: readonly Query[]): Promise<string[]> {
  const answers: string[] = [];
  for (const query of queries) {
    const { meta, ...answer } = await asked.query(query);
    answers.push(JSON.stringify({ ...answer, skipped: meta.stats.skipped }));
  }
  return answers;
}

function unfiltered({ where: _where, ...query }: SegmentationQuery): SegmentationQuery {
  const series = query.series.map((one) => ({ ...one, select: {} }));
  return { ...query, series };
}

const arbitraryWorld = fc
  .record({
    from: fc.constantFrom("2025-10-24", "2025-10-29", "2025-03-07", "2025-04-04", "2025-03-28"),
    days: fc.constantFrom(1, 3, 12, 40),
    users: fc.constantFrom(1, 2, 4),
    names: fc.constantFrom(1, 3),
    count: fc.constantFrom(10, 30),
  })
  .chain((options) => {
    const list = arbitraryEvents(options);
    // Half of them without filters, which leave little to measure.
    const query = fc
      .tuple(arbitraryQuery("segmentation", options), fc.boolean())
      .map(([one, isFiltered]) => (isFiltered ? one : unfiltered(one)));
    return fc.record({
      events: fc.tuple(list, list, list).map((lists) => lists.flat()),
      queries: fc.array(query, { minLength: 8, maxLength: 8 }),
      layout: fc.constantFrom(...layouts),
      shards: fc.constantFrom(1, 7, 64),
    });
  });

/** How often each measure and option was asked, and how often it had a number other than 0. */
const asked = new Map<string, { asked: number; told: number }>();

function namesOf(query: SegmentationQuery): string[] {
  const measures = query.series.map(({ measure }) => {
    if (typeof measure === "string") return measure;
    return Object.keys(measure).join(" ");
  });
  const options = ["by", "limit", "where", "session", "formula", "rolling", "cumulative"] as const;
  return ["all", ...measures, ...options.filter((name) => query[name] !== undefined)];
}

afterAll(() => {
  const lines = [...asked]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, counts]) => `${name}: ${counts.asked} asked, ${counts.told} not empty`);
  process.stdout.write(`${lines.join("\n")}\n`);
});

test(
  "a segmentation is what the reference says, wherever the rows lie",
  async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryWorld, async ({ events, queries, layout, shards }) => {
        const env = simulatedEnv({ seed: 1 });
        try {
          const { project } = await storeWith(env, events, { layout, shards });
          const reference = referenceStore({ clock: env.clock });
          await reference.append(events);
          const answers = await answersOf(project, queries);
          expect(answers).toEqual(await answersOf(reference, queries));
          for (const [index, query] of queries.entries()) {
            const told = /"range":-?[0-9.]*[1-9]/.test(answers[index]!) ? 1 : 0;
            for (const name of new Set(namesOf(query))) {
              const counts = asked.get(name) ?? { asked: 0, told: 0 };
              asked.set(name, { asked: counts.asked + 1, told: counts.told + told });
            }
          }
        } finally {
          env.endSimulation();
        }
      }),
      { numRuns: isLong ? 250 : 10 },
    );
    const { asked: all, told } = asked.get("all")!;
    expect(told).toBeGreaterThan(all / 5);
  },
  TIMEOUT_MS,
);
