import { faultPoints } from "shale/testing";
import { test } from "vitest";

test("a marker that was promised survives every fault", async () => {
  await faultPoints<string[]>({
    name: "mark",
    prepare: async () => [],
    async act(env, promised) {
      await env.disk.makeFolder("marks");
      if (await env.disk.createMarker("marks/1", new Uint8Array(1))) promised.push("marks/1");
    },
    async check(env, promised) {
      for (const path of promised) if (!(await env.disk.exists(path))) throw new Error(path);
    },
  });
});
