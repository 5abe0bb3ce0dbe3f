import { simulatedEnv } from "@shale/testing";
import { expect, test } from "vitest";
import { compact } from "../../test/compact.ts";
import { checkAnswers } from "../../test/read-rows.ts";
import { createWorld, deleteUser, flush, rowAt } from "../../test/world.ts";
import { compactionTasks } from "./compaction-tasks.ts";

test("the tasks give the same files on workers as on this thread", async () => {
  async function filesOf(onWorkers: boolean) {
    const env = simulatedEnv({ seed: 1, tasks: compactionTasks });
    const world = await createWorld(env);
    for (let i = 0; i < 4; i++) {
      await flush(
        env,
        world,
        Array.from({ length: 30 }, (_, k) => rowAt(30 * i + k)),
      );
    }
    await compact(env, { onWorkers, memoryBytesMax: 30_000 });
    await deleteUser(env, "user-2", 60);
    await compact(env, { onWorkers, mode: "due" });
    // The token says when an object was stored, which may be before or after its neighbours.
    return (await checkAnswers(env, world)).entries.map((entry) => ({ ...entry, token: "" }));
  }
  const inline = await filesOf(false);
  expect(inline.length).toBeGreaterThan(4);
  expect(await filesOf(true)).toEqual(inline);
});
