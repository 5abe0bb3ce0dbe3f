import type { Project } from "@shale/engine";
import type { EventInput, Query } from "@shale/model";
import type { ReferenceStore, SimulatedEnv } from "@shale/testing";
import { arbitraryEvents, arbitraryQuery, referenceStore, simulatedEnv } from "@shale/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { EngineProcess } from "./engine-process.test-support.ts";
import { answersOf, isLong, NEVER_MS, openEngine } from "./engine-process.test-support.ts";

/** For slow machines: nothing here is about speed. */
const TIMEOUT_MS = isLong ? 3_600_000 : 600_000;

/** Where rows lie when the questions are asked. */
const layouts = [
  "all in memory",
  "half flushed",
  "all flushed",
  "flushed one by one",
  "two writers",
  "closed and reopened",
  "killed and taken over",
  "read by another machine",
  "half drained",
  "drained",
  "merged",
  "merged and collected",
  "compacted by two",
] as const;
type Layout = (typeof layouts)[number];

const compactedBetween: ReadonlySet<Layout> = new Set([
  "half drained",
  "merged",
  "merged and collected",
  "compacted by two",
]);

async function appendParts(
  env: SimulatedEnv,
  engines: readonly EngineProcess[],
  events: readonly EventInput[],
  layout: Layout,
): Promise<void> {
  const partSize = Math.max(1, Math.ceil(events.length / 5));
  const parts = Array.from({ length: Math.ceil(events.length / partSize) }, (_, index) =>
    events.slice(index * partSize, (index + 1) * partSize),
  );
  for (const [index, part] of parts.entries()) {
    const { project } = engines[index % engines.length]!;
    await project.append(part, { durability: index === 3 ? "committed" : "wal" });
    if (layout === "flushed one by one") await project.flush();
    if (layout === "half flushed" && index === 1) await project.flush();
    // The flush of a compaction leaves the later parts in the tail, or lets them be merged.
    const isEarly = index === 1 || index === 2;
    if (isEarly && compactedBetween.has(layout)) await project.compact();
    // Rows of two writers are ordered by their clocks (protocol, seq of a row).
    await env.clock.sleep(1);
  }
}

/** Builds a store with the events in the given layout and answers the questions. */
async function engineAnswers(
  events: readonly EventInput[],
  queries: readonly Query[],
  { layout, shards }: { readonly layout: Layout; readonly shards: number },
): Promise<unknown[]> {
  const env = simulatedEnv({ seed: 1 });
  try {
    const { project } = await storeWith(env, events, layout, shards);
    return await answersOf(project, queries);
  } finally {
    env.endSimulation();
  }
}

async function storeWith(
  env: SimulatedEnv,
  events: readonly EventInput[],
  layout: Layout,
  shards: number,
): Promise<EngineProcess> {
  const first = await openEngine(env, { shards, flushIntervalMs: NEVER_MS });
  const engines = [first];
  if (layout === "two writers" || layout === "compacted by two") {
    engines.push(await openEngine(env.startProcess()));
  }
  await appendParts(env, engines, events, layout);
  switch (layout) {
    case "all in memory":
    case "half drained":
    case "half flushed":
    case "flushed one by one":
      return first;
    case "all flushed":
      await first.project.flush();
      return first;
    case "two writers":
      for (const { project } of engines) await project.flush();
      return first;
    case "closed and reopened":
      await first.store.close();
      return openEngine(env.startProcess());
    case "killed and taken over":
      env.kill();
      return openEngine(env.startProcess());
    case "drained":
    case "merged":
    case "merged and collected":
      await first.project.compact();
      if (layout !== "merged and collected") return first;
      // One collect condemns, the next one deletes.
      for (let count = 0; count < 2; count++) await first.project.collect({ graceMs: 0 });
      return openEngine(env.startProcess({ machine: "other" }), { readOnly: true });
    case "compacted by two":
      for (const { project } of engines) await project.flush();
      await Promise.all(engines.map(({ project }) => project.compact()));
      return first;
    case "read by another machine":
      await first.project.flush();
      return openEngine(env.startProcess({ machine: "other" }), { readOnly: true });
  }
}

const arbitraryCase = fc.record({
  events: arbitraryEvents({ count: 60 }),
  queries: fc.tuple(
    arbitraryQuery("segmentation"),
    arbitraryQuery("segmentation"),
    arbitraryQuery("segmentation"),
    arbitraryQuery("timeline"),
    arbitraryQuery("timeline"),
  ),
  layout: fc.constantFrom(...layouts),
  shards: fc.constantFrom(1, 7, 64),
});

async function referenceAnswers(
  events: readonly EventInput[],
  queries: readonly Query[],
): Promise<unknown[]> {
  const reference = referenceStore();
  await reference.append(events);
  return answersOf(reference, queries);
}

test(
  "the engine answers as the reference does, wherever its rows lie",
  () =>
    fc.assert(
      fc.asyncProperty(arbitraryCase, async ({ events, queries, layout, shards }) => {
        const answers = await engineAnswers(events, queries, { layout, shards });
        expect(answers).toEqual(await referenceAnswers(events, queries));
      }),
      { numRuns: isLong ? 3_000 : 120 },
    ),
  TIMEOUT_MS,
);

test(
  "answers are the same to the byte for every layout and number of shards",
  () =>
    fc.assert(
      fc.asyncProperty(arbitraryCase, async ({ events, queries }) => {
        const seen = new Map<string, string>();
        for (const layout of layouts) {
          const shards = [1, 7, 64][layouts.indexOf(layout) % 3]!;
          const answers = await engineAnswers(events, queries, { layout, shards });
          seen.set(JSON.stringify(answers), `${layout}, ${shards} shards`);
        }
        expect([...seen.values()]).toHaveLength(1);
      }),
      { numRuns: isLong ? 400 : 12 },
    ),
  TIMEOUT_MS,
);

test("what is asked of a project can be asked of the reference", async () => {
  type Shared = Pick<Project, "append" | "query" | "events" | "snapshot">;
  const reference: Shared = referenceStore();
  const asProject = (project: Project): ReferenceStore => project;
  expect(asProject).toBeTypeOf("function"); // The compiler is the judge of both.
  expect(await reference.append([])).toMatchObject({ accepted: 0, seq: null });
});
