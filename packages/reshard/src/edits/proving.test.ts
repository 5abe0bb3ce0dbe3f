import { loadCatalog } from "@shale/catalog";
import { openStore } from "@shale/engine";
import { projectId } from "@shale/model";
import { simulatedEnv } from "@shale/testing";
import { expect, test } from "vitest";

// The mark of a rollback is the finalize that it takes back: clocks stand, and are put back.
test("two finalizes at one time are rolled back each", async () => {
  const env = simulatedEnv({ seed: 1 });
  const store = await env.clock.holdDuring(openStore({ env }));
  const project = await store.project("p", { shards: 2 });
  await project.append([{ event: "view", user_id: "u1", time: 1_764_000_000_000 }]);
  const { reshard } = project;
  await reshard.begin({ shards: 3 });
  await reshard.backfill();
  const atMs = env.clock.nowMs();
  const finalizedMs: (number | undefined | null)[] = [];
  for (let count = 0; count < 2; count++) {
    await reshard.validate();
    env.clock.stepWallTo(atMs);
    await reshard.finalize();
    finalizedMs.push((await loadCatalog(env, projectId("p")))?.operation?.finalizedMs);
    expect(await reshard.rollback()).toMatchObject({ state: "validating", live: "A" });
  }
  expect(finalizedMs).toEqual([atMs, atMs]);
  await store.close();
  env.endSimulation();
});
