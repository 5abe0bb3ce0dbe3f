import { loadEntries, loadManifests, openCatalog } from "@shale/catalog";
import type { Project } from "@shale/engine";
import { openStore } from "@shale/engine";
import type { EventInput } from "@shale/model";
import { projectId, ShaleError, specName } from "@shale/model";
import type { SimulatedEnv } from "@shale/testing";
import { arbitraryEvents, simulatedEnv } from "@shale/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { isLong } from "./engine-process.test-support.ts";

const RUNS = isLong ? 1_000 : 60;
const NAME = projectId("p");
const SHARDS = 3;
const NEVER_MS = 1e12;
/** Collects until every tombstone that may retire has, and the time between two of them. */
const LOOKS = 4;
const BEAT_MS = 60_000;

type Step =
  | { readonly append: readonly EventInput[] }
  | { readonly remove: string }
  | "flush"
  | "compact"
  | "begin"
  | "begin chunked"
  | "backfill"
  | "validate"
  | "abort";

const step: fc.Arbitrary<Step> = fc.oneof(
  arbitraryEvents({ count: 3, users: 3, days: 3 }).map((append) => ({ append })),
  fc.constantFrom("u1", "u2").map((remove) => ({ remove })),
  fc.constantFrom<Step[]>("flush", "compact", "begin", "begin chunked"),
  fc.constantFrom<Step[]>("backfill", "backfill", "validate", "abort"),
);

/** What a project holds, in words that do not depend on when it was appended. */
interface Held {
  readonly events: readonly string[];
  readonly tombstones: readonly number[];
  /** Rows of the day files, duplicates among them, by shard and day. */
  readonly rows: readonly string[];
  readonly live: string;
  readonly fed: readonly string[];
}

async function carryOut(project: Project, one: Step): Promise<boolean> {
  const { reshard } = project;
  if (typeof one === "object") {
    await ("append" in one ? project.append(one.append) : project.deleteUsers([one.remove]));
    return false;
  }
  switch (one) {
    case "flush":
      await project.flush();
      return false;
    case "compact":
      await project.compact({ mode: "full" });
      return false;
    case "begin":
      await reshard.begin({ shards: 5, retention: 0 });
      return true;
    case "begin chunked":
      await reshard.begin({ shards: 2, retention: 0, strategy: "chunked", horizonDays: 1 });
      return true;
    case "backfill":
      await reshard.backfill();
      return true;
    case "validate":
      await reshard.validate({ full: true });
      return true;
    case "abort":
      await reshard.abort({ graceMs: 0 });
      return true;
  }
}

const RESHARD_STEPS: readonly Step[] = ["begin", "begin chunked", "backfill", "validate", "abort"];

/**
 * With `aborts` nothing of a reshard is done: where the other one aborted, this one collects, as an
 * abort does for the whole project.
 */
async function runTwin(
  seed: number,
  steps: readonly Step[],
  aborts?: ReadonlySet<number>,
): Promise<{ readonly held: Held; readonly count: number; readonly aborted: ReadonlySet<number> }> {
  const env = simulatedEnv({ seed });
  const store = await env.clock.holdDuring(
    openStore({ env, compaction: "off", flushIntervalMs: NEVER_MS }),
  );
  let count = 0;
  const aborted = new Set<number>();
  try {
    const project = await store.project("p", { shards: SHARDS });
    const all: readonly Step[] = [...steps, "abort", "compact"];
    for (const [place, one] of all.entries()) {
      if (aborts?.has(place)) await project.collect({ graceMs: 0 });
      if (aborts !== undefined && RESHARD_STEPS.includes(one)) continue;
      try {
        if (await carryOut(project, one)) count++;
        if (one === "abort") aborted.add(place);
      } catch (error) {
        if (!(error instanceof ShaleError) || error.code !== "RESHARD_STATE") throw error;
      }
      await env.clock.sleep(5);
    }
    // Tombstones retire in several looks, of which an abort may have had one less.
    for (let looks = 0; looks < LOOKS; looks++) {
      await env.clock.sleep(BEAT_MS);
      await project.flush();
      await project.compact({ mode: "full" });
      await project.collect({ graceMs: 0 });
    }
    return { held: await heldBy(env, project), count, aborted };
  } finally {
    await store.close();
    env.endSimulation();
  }
}

async function heldBy(env: SimulatedEnv, project: Project): Promise<Held> {
  const events: string[] = [];
  for await (const event of project.events()) {
    const { insert_id: id } = event;
    events.push(JSON.stringify({ ...event, insert_id: id.startsWith("~") ? "~" : id }));
  }
  const catalog = await openCatalog(env, NAME).loadNewest();
  const manifests = await loadManifests(env, NAME, specName("A"), SHARDS);
  const counts = new Map<string, number>();
  for (const manifest of manifests.values()) {
    const entries = manifest === undefined ? [] : await loadEntries(env, manifest, "all");
    for (const { shard, day, generations } of entries) {
      const rows = generations.reduce((sum, one) => sum + one.rows, 0);
      counts.set(`${shard}/${day}`, (counts.get(`${shard}/${day}`) ?? 0) + rows);
    }
  }
  return {
    events,
    tombstones: catalog?.tombstones.map(({ number }) => number) ?? [],
    rows: [...counts].map(([name, rows]) => `${name}: ${rows}`).sort(),
    live: catalog?.live ?? "",
    fed: catalog?.fed ?? [],
  };
}

test("a project whose reshards were aborted is what its twin without any is (I7)", async () => {
  let reshardSteps = 0;
  const drawn = fc.array(step, { minLength: 4, maxLength: 14 });
  await fc.assert(
    fc.asyncProperty(drawn, fc.integer(), async (steps, seed) => {
      const { held, count, aborted } = await runTwin(seed, steps);
      const twin = await runTwin(seed, steps, aborted);
      reshardSteps += count;
      expect(held).toEqual(twin.held);
    }),
    {
      numRuns: RUNS,
      ...(process.env["SHALE_SEED"] && { seed: Number(process.env["SHALE_SEED"]) }),
    },
  );
  console.log(`${RUNS} pairs of twins, ${reshardSteps} steps of reshards in one of each`);
  expect(reshardSteps).toBeGreaterThan(RUNS / 2);
}, 600_000);
