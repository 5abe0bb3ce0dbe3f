import type { Project } from "@shale/engine";
import type { EventInput, FunnelQuery } from "@shale/model";
import type { SimulatedEnv } from "@shale/testing";
import { arbitraryEvents, arbitraryQuery, referenceStore, simulatedEnv } from "@shale/testing";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import type { Asked } from "./engine-process.test-support.ts";
import { isLong, openEngine } from "./engine-process.test-support.ts";

/** For slow machines: nothing here is about speed. */
const TIMEOUT_MS = isLong ? 3_600_000 : 600_000;
const RUN_COUNT = Number(process.env["SHALE_TEST_RUNS"] ?? (isLong ? 3_000 : 50));

/** When the world of the arbitraries begins. */
const START_MS = Date.UTC(2025, 9, 24);

const layouts = ["in memory", "flushed", "half drained", "merged"] as const;
type Layout = (typeof layouts)[number];

async function projectWith(
  env: SimulatedEnv,
  events: readonly EventInput[],
  { layout, shards }: { readonly layout: Layout; readonly shards: number },
): Promise<Project> {
  const { project } = await openEngine(env, { shards });
  const partSize = Math.max(1, Math.ceil(events.length / 4));
  for (let part = 0; part * partSize < events.length; part++) {
    await project.append(events.slice(part * partSize, (part + 1) * partSize));
    if (layout === "half drained" && part === 1) await project.compact();
    if (layout === "merged" && part < 2) await project.compact();
  }
  if (layout !== "in memory") await project.flush();
  if (layout === "merged") await project.compact();
  return project;
}

async function answerOf(asked: Asked, query: FunnelQuery): Promise<string> {
  const { meta: _meta, ...answer } = await asked.query(query);
  return JSON.stringify(answer);
}

/** The little world of the queries, crowded: few users, whose events follow each other closely. */
const crowdedEvents = fc
  .record({
    stepMs: fc.constantFrom(1, 1_000, 600_000, 3_600_000, 7_200_000),
    drafts: fc.array(
      fc.record({
        event: fc.constantFrom("view", "buy", "sign up"),
        user_id: fc.constantFrom("u1", "u1", "u2", ""),
        step: fc.nat({ max: 24 }),
        properties: fc.record({
          plan: fc.constantFrom("a", "A", null),
          tags: fc.constantFrom("a", ["a", "b"], ["a"], [], ["b", null], null),
          paid: fc.boolean(),
          price: fc.constantFrom(1, 10, 20, null),
        }),
      }),
      { minLength: 8, maxLength: 22, size: "max" },
    ),
  })
  .map(({ stepMs, drafts }) =>
    drafts.map(({ step, ...event }): EventInput => ({ ...event, time: START_MS + step * stepMs })),
  );

/** Few events a user, because the reference looks at every chain there is. */
const arbitraryCase = fc.record({
  events: fc.oneof(
    { weight: 1, arbitrary: arbitraryEvents({ count: 26 }) },
    { weight: 4, arbitrary: crowdedEvents },
  ),
  queries: fc.array(arbitraryQuery("funnel"), { minLength: 1, maxLength: 24, size: "max" }),
  layout: fc.constantFrom(...layouts),
  shards: fc.constantFrom(1, 3, 64),
});

/** How often each option was asked, and how often somebody entered, went on, was waited for. */
const asked = new Map<string, { asked: number; entered: number; wentOn: number; waited: number }>();

function namesOf(query: FunnelQuery): string[] {
  const isOptimized = query.entry === "optimized" && query.count === "totals";
  const together = isOptimized ? [`totals of best attempts, ${query.order ?? "ordered"}`] : [];
  const single = Object.entries(query).map(([name, value]) => {
    switch (name) {
      case "order":
      case "entry":
      case "count":
      case "onExclude":
        return `${name}=${value}`;
      case "attribution":
        return typeof value === "object" ? "attribution=step" : `attribution=${value}`;
      case "ties":
        return `ties=${query.ties!.rule} ${query.ties!.quantumMs}`;
      case "trend":
        return `trend=${query.trend!.mode}`;
      case "window":
        if (value === null) return "window=none";
        return `window=${typeof value === "string" ? "span" : "sessions"}`;
      case "steps":
        return query.steps.some(({ optional }) => optional) ? "steps with an optional one" : name;
      default:
        return name;
    }
  });
  return [...single, ...together];
}

function countIn(query: FunnelQuery, answer: string): void {
  const { steps } = JSON.parse(answer);
  const entered = steps[0].count > 0 ? 1 : 0;
  const wentOn = steps.slice(1).some(({ count }: { count: number }) => count > 0) ? 1 : 0;
  const waited = /"pending":[1-9]/.test(answer) ? 1 : 0;
  for (const name of namesOf(query)) {
    const before = asked.get(name) ?? { asked: 0, entered: 0, wentOn: 0, waited: 0 };
    asked.set(name, {
      asked: before.asked + 1,
      entered: before.entered + entered,
      wentOn: before.wentOn + wentOn,
      waited: before.waited + waited,
    });
  }
}

afterAll(() => {
  const lines = [...asked]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, counts]) => {
      const { entered, wentOn, waited } = counts;
      return `${name}: ${counts.asked} asked, ${entered} entered, ${wentOn} went on, ${waited} pending`;
    });
  process.stdout.write(`${lines.join("\n")}\n`);
});

test(
  "a funnel is what the reference says, wherever the rows lie",
  async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryCase, async ({ events, queries, layout, shards }) => {
        // Events of one time and name are ordered by their ids, so each has one.
        const sent = events.map((event, index) => ({ insert_id: `n${index}`, ...event }));
        const env = simulatedEnv({ seed: 1 });
        try {
          const project = await projectWith(env, sent, { layout, shards });
          const reference = referenceStore({ clock: env.clock });
          await reference.append(sent);
          for (const query of queries) {
            const answer = await answerOf(project, query);
            expect(answer).toEqual(await answerOf(reference, query));
            countIn(query, answer);
          }
        } finally {
          env.endSimulation();
        }
      }),
      { numRuns: RUN_COUNT },
    );
    for (const order of ["ordered", "strict", "any"]) {
      const { entered = 0 } = asked.get(`totals of best attempts, ${order}`) ?? {};
      expect(entered, order).toBeGreaterThan(RUN_COUNT / 10);
    }
    expect(asked.get("window=span")!.wentOn).toBeGreaterThan(asked.get("window=span")!.asked / 10);
  },
  TIMEOUT_MS,
);
