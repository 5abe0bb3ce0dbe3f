import { openCatalog } from "@shale/catalog";
import { openStore, type Project } from "@shale/engine";
import { projectId, ShaleError } from "@shale/model";
import { simulatedEnv } from "@shale/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { withBackfill } from "../edits/copying.ts";

const shop = projectId("shop");
const env = simulatedEnv({ seed: 1 });
let store: Awaited<ReturnType<typeof openStore>>;
let project: Project;
beforeEach(async () => {
  store = await openStore({ env, compaction: "off" });
  project = await store.project("shop", { shards: 2 });
});
afterEach(() => store.close());

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
    now === undefined ? undefined : withBackfill(now, operationId, { by: "test", atMs: 1 }),
  );
  const [code, hint] = await refusal(project.reshard.validate());
  expect([code, hint]).toEqual(["RESHARD_STATE", "Next: shale reshard backfill"]);
  await project.reshard.backfill();
  expect(await project.reshard.validate()).toMatchObject({ matched: true });
});
