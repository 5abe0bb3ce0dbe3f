import type { CatalogDocument, CatalogOperation } from "@shale/format";
import { specNameOf, writerOrdinal } from "@shale/model";
import type { SimulatedEnv } from "@shale/testing";
import { simulatedEnv } from "@shale/testing";
import { beforeEach, expect, test } from "vitest";
import { vectorAt } from "../../test/groups.ts";
import { project, runJob, startShop } from "../../test/jobs.ts";
import { putTail } from "../../test/tail.ts";
import { existing, loadCatalog, openCatalog } from "../open-catalog.ts";
import { registerWriter } from "../writers.ts";
import { completeCut, withCut } from "./complete-cut.ts";
import { readEnds } from "./read-ends.ts";

let env: SimulatedEnv;
beforeEach(async () => {
  env = simulatedEnv({ seed: 1 });
  await startShop(env);
});

/** Commit 1 of a begin (S1). */
async function begin(id: string): Promise<CatalogDocument> {
  return await openCatalog(env, project).commit((now) => {
    const before = existing(now, project);
    const spec = specNameOf(before.specs.length);
    const operation: CatalogOperation = {
      ...{ id, source: specNameOf(0), spec, strategy: "tee", state: "teeing", paused: false },
      ...{ startedMs: 1, horizonDay: null, rollbackMs: 0, finalizedMs: null, token: null },
      ...{ sourceMissed: false, lastError: null },
      throttle: { bytesPerSecond: null, concurrency: 1, window: null },
    };
    const number = before.transitions.length + 1;
    const step = { number, operation: id, verb: "begin", from: "steady", to: "teeing" } as const;
    return {
      ...before,
      specs: [...before.specs, { ...before.specs[0]!, spec, shards: 5 }],
      fed: [...before.fed, spec],
      operation,
      transitions: [...before.transitions, { ...step, atMs: 1, by: "ann", facts: {} }],
      cutPending: { operation: id },
    };
  });
}

async function abort(): Promise<void> {
  await openCatalog(env, project).commit((now) => {
    const before = existing(now, project);
    const number = before.transitions.length + 1;
    const step = { number, operation: "x", verb: "abort", from: "teeing", to: "steady" } as const;
    return {
      ...before,
      fed: before.fed.slice(0, 1),
      operation: null,
      transitions: [...before.transitions, { ...step, atMs: 1, by: "ann", facts: {} }],
      cutPending: null,
    };
  });
}

test("a cut stands at the greater of head and watermark, and at 0 for who has nothing", async () => {
  await registerWriter(env, project);
  await registerWriter(env, project);
  for (const n of [1, 2, 3]) await putTail(env.store, { writer: 1, n }, [10 * n]);
  await putTail(env.store, { writer: 2, n: 1 }, [10]);
  await runJob(env, { watermarks: vectorAt({ 1: 1, 2: 4 }) });
  await begin("grow");
  const { cuts, cutPending } = await completeCut(env, project);
  expect(cutPending).toBeNull();
  expect(cuts).toEqual([
    {
      ...{ generation: 1, operation: "grow", spec: "B", infinite: [] },
      positions: {
        "1": { n: 3, lastSeq: 30 },
        "2": { n: 4, lastSeq: 40 },
        "3": { n: 0, lastSeq: 0 },
      },
    },
  ]);
  expect(await completeCut(env, project)).toEqual(await loadCatalog(env, project));
});

test("who registers while the heads are read stands at 0: all its rows come after the cut", async () => {
  const seen = await begin("grow");
  const ends = await readEnds(env, seen, seen.live);
  const { ordinal, catalog } = await registerWriter(env, project);
  await putTail(env.store, { writer: ordinal, n: 1 }, [10]);
  const positions = withCut(catalog, "grow", ends)?.cuts[0]?.positions;
  expect(positions?.[String(ordinal)]).toEqual({ n: 0, lastSeq: 0 });
});

test("schedule 4: heads of an operation that was given up end no cut of the next", async () => {
  const seen = await begin("first");
  const ends = await readEnds(env, seen, seen.live);
  await abort();
  await putTail(env.store, { writer: 1, n: 1 }, [10]);
  const second = await begin("second");
  expect(withCut(second, "first", ends)).toBeUndefined();
  const { cuts } = await completeCut(env, project);
  expect(cuts[0]).toMatchObject({ operation: "second", spec: "C" });
  expect(cuts[0]?.positions["1"]).toEqual({ n: 1, lastSeq: 10 });
});

test("a retired writer stands at infinity (schedule 5)", async () => {
  const { ordinal } = await registerWriter(env, project);
  await openCatalog(env, project).commit((now) => ({
    ...existing(now, project),
    writers: existing(now, project).writers.filter((writer) => writer.ordinal !== ordinal),
    retired: [{ from: ordinal, to: ordinal }],
  }));
  await begin("grow");
  const { cuts } = await completeCut(env, project);
  expect(cuts[0]?.infinite).toEqual([{ from: ordinal, to: ordinal }]);
  expect(cuts[0]?.positions[String(writerOrdinal(1))]).toEqual({ n: 0, lastSeq: 0 });
});
