import type { Answer, EventInput, FlowAnswer, FlowQuery } from "@shale/model";
import type { SimulatedEnv } from "@shale/testing";
import { arbitraryEvents, arbitraryQuery, referenceStore, simulatedEnv } from "@shale/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { EngineProcess } from "./engine-process.test-support.ts";
import { isLong, openEngine } from "./engine-process.test-support.ts";

/** For slow machines: nothing here is about speed. */
const TIMEOUT_MS = isLong ? 3_600_000 : 600_000;

/** Where rows lie when the questions are asked. */
const layouts = ["in memory", "flushed", "merged and appended to"] as const;
type Layout = (typeof layouts)[number];

async function storeWith(
  env: SimulatedEnv,
  events: readonly EventInput[],
  { layout, shards }: { readonly layout: Layout; readonly shards: number },
): Promise<EngineProcess> {
  const engine = await openEngine(env, { shards });
  const half = Math.ceil(events.length / 2);
  await engine.project.append(events.slice(0, half));
  if (layout === "merged and appended to") await engine.project.compact();
  await engine.project.append(events.slice(half));
  if (layout === "flushed") await engine.project.flush();
  return engine;
}

const arbitraryWorld = fc
  .record({
    from: fc.constantFrom("2025-10-24", "2025-03-28"),
    days: fc.constantFrom(1, 3),
    users: fc.constantFrom(1, 2, 4),
    names: fc.constantFrom(2, 3, 5),
    count: fc.constantFrom(15, 40),
  })
  .chain((options) =>
    fc.record({
      events: arbitraryEvents(options),
      queries: fc.array(arbitraryQuery("flow", options), { minLength: 16, maxLength: 16 }),
      layout: fc.constantFrom(...layouts),
      shards: fc.constantFrom(1, 7),
    }),
  );

type Graph = Extract<FlowAnswer, { mode: "graph" }>;

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}

/** No flow is lost between two steps, whatever topK shows of them (query semantics, section 4). */
function checkLaw(query: FlowQuery, { steps, edges }: Graph): void {
  const { after = 3 } = query;
  for (const { anchor, offset, nodes } of steps) {
    const isHere = (one: { anchor?: number; offset: number }): boolean =>
      one.anchor === anchor && one.offset === offset;
    for (const { label, count, dropOff, pending, other } of nodes) {
      expect(other === true).toBe(label === null);
      const out = edges.filter((edge) => isHere(edge) && edge.from === label);
      const into = edges.filter(
        (edge) => isHere({ ...edge, offset: edge.offset + 1 }) && edge.to === label,
      );
      if (offset < 0 || offset === after) expect([dropOff, pending]).toEqual([0, 0]);
      if (offset < after)
        expect(count).toBe(sumOf(out.map((edge) => edge.count)) + dropOff + pending);
      if (offset > 0) expect(count).toBe(sumOf(into.map((edge) => edge.count)));
    }
    if (offset < 0) continue;
    const own = steps.filter((step) => step.anchor === anchor);
    const anchors = own.find((step) => step.offset === 0)?.nodes ?? [];
    const earlier = own.filter((step) => step.offset >= 0 && step.offset < offset);
    const ended = earlier.flatMap((step) => step.nodes).map((node) => node.dropOff + node.pending);
    const here = nodes.map(({ count }) => count);
    expect(sumOf(anchors.map(({ count }) => count))).toBe(sumOf(here) + sumOf(ended));
  }
}

function withoutMeta({ meta: _meta, ...answer }: Answer): unknown {
  return answer;
}

test(
  "flows are what the reference says, and none is lost on the way",
  async () => {
    let found = 0;
    let asked = 0;
    await fc.assert(
      fc.asyncProperty(arbitraryWorld, async ({ events, queries, layout, shards }) => {
        const env = simulatedEnv({ seed: 1 });
        try {
          const { project } = await storeWith(env, events, { layout, shards });
          const reference = referenceStore({ clock: env.clock });
          await reference.append(events);
          for (const query of queries) {
            const answer = await project.query(query);
            const expected = withoutMeta(await reference.query(query));
            expect(withoutMeta(answer)).toEqual(expected);
            if (answer.mode === "graph") checkLaw(query, answer);
            asked++;
            if (/"count":[1-9]/.test(JSON.stringify(expected))) found++;
          }
        } finally {
          env.endSimulation();
        }
      }),
      { numRuns: isLong ? 400 : 30 },
    );
    expect(found).toBeGreaterThan(asked / 4);
  },
  TIMEOUT_MS,
);
