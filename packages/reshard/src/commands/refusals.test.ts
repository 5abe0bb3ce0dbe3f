import { openCatalog } from "@shale/catalog";
import { openStore, type Project } from "@shale/engine";
import { projectId, ShaleError } from "@shale/model";
import { simulatedEnv } from "@shale/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { withOperation } from "../edits/begin.ts";
import { withBackfill } from "../edits/copying.ts";
import { withValidation } from "../edits/proving.ts";

const shop = projectId("shop");
let env = simulatedEnv({ seed: 1 });
let store: Awaited<ReturnType<typeof openStore>>;
let project: Project;
beforeEach(async () => {
  env = simulatedEnv({ seed: 1 });
  store = await openStore({ env, compaction: "off" });
  project = await store.project("shop", { shards: 2 });
});
afterEach(() => store.close());
const by = { by: "test", atMs: 1 };

function events(first: number, count: number) {
  return Array.from({ length: count }, (_, i) => ({
    event: "view",
    user_id: `u${(first + i) % 7}`,
    time: Date.UTC(2025, 11, 1) + (first + i) * 3_600_000,
  }));
}

async function refusal(work: Promise<unknown>): Promise<readonly [string, string]> {
  try {
    await work;
  } catch (error) {
    if (error instanceof ShaleError) return [error.code, error.hint];
    throw error;
  }
  throw new Error("It was not refused");
}

test("nothing is validated while rows at or below the cut are in no day file yet", async () => {
  await project.append(events(0, 20));
  await project.flush();
  const { operationId } = await project.reshard.begin({ shards: 3 });
  // As a backfill that ended right after its first commit.
  await openCatalog(env, shop).commit((now) =>
    now === undefined ? undefined : withBackfill(now, operationId, by),
  );
  const [code, hint] = await refusal(project.reshard.validate());
  expect([code, hint]).toEqual(["RESHARD_STATE", "Next: shale reshard backfill"]);
  await project.reshard.backfill();
  expect(await project.reshard.validate()).toMatchObject({ matched: true });
});

test("an operation id with other options is another operation", async () => {
  const begin = { shards: 3, operationId: "grow", strategy: "chunked", horizonDays: 3 } as const;
  const begun = await project.reshard.begin({ ...begin, retention: "2d" });
  expect(await project.reshard.begin({ ...begin, retention: "48h" })).toEqual(begun);
  for (const other of [
    { ...begin, retention: "3d" },
    { ...begin, retention: "2d", horizonDays: 4 },
    { ...begin, retention: "2d", shards: 4 },
    { ...begin, retention: "2d", strategy: "tee" as const },
  ]) {
    const [code] = await refusal(project.reshard.begin(other));
    expect(code).toBe("RESHARD_STATE");
  }
  expect((await project.reshard.log()).length).toBe(1);
});

test("an operation that was given up before its cut was complete has not begun", async () => {
  const { reshard } = project;
  await openCatalog(env, shop).commit((now) =>
    now === undefined
      ? undefined
      : withOperation(
          now,
          {
            ...{ id: "grow", shards: 3, strategy: "tee", rollbackMs: 1 },
            ...{ horizonDay: null, horizonDays: null },
            throttle: { bytesPerSecond: null, concurrency: 1, window: null },
          },
          by,
        ),
  );
  await reshard.abort({ graceMs: 0 });
  const [code] = await refusal(reshard.begin({ shards: 3, operationId: "grow" }));
  expect(code).toBe("RESHARD_STATE");
});

test("a validation that began before a rollback leaves no token", async () => {
  await project.append(events(0, 20));
  const { reshard } = project;
  const { operationId } = await reshard.begin({ shards: 3 });
  await reshard.backfill();
  await reshard.validate();
  const began = (await reshard.log()).length;
  const late = { id: operationId, record: "f".repeat(32), matched: true, began, facts: {} };
  await reshard.finalize();
  const [finalized] = await refusal(reshard.finalize({ operationId: "another" }));
  expect(finalized).toBe("RESHARD_STATE");
  await reshard.rollback();
  const catalog = await openCatalog(env, shop).loadNewest();
  const end = (from: number) => () =>
    catalog && withValidation(catalog, { ...late, began: from }, by);
  expect(end(began)).toThrow(/there was a finalize meanwhile/);
  expect(end(began + 1)).toThrow(/there was a rollback meanwhile/);
  expect(end(began + 2)()?.operation).toMatchObject({ token: late.record });
});

test("one that found differences is not counted twice", async () => {
  const { operationId } = await project.reshard.begin({ shards: 3 });
  await project.reshard.backfill();
  const catalog = await openCatalog(env, shop).loadNewest();
  if (catalog === undefined) throw new Error("There is a catalog");
  const found = {
    ...{ id: operationId, record: "e".repeat(32), matched: false },
    ...{ began: catalog.transitions.length, facts: {} },
  };
  const once = withValidation(catalog, found, by);
  expect(once?.operation).toMatchObject({ state: "validating", token: null });
  expect(once && withValidation(once, found, by)).toBeUndefined();
});
