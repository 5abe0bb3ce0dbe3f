import { openStore } from "@shale/engine";
import { test } from "vitest";
import { openEngine } from "./engine-process.test-support.ts";
import { append, STRIKE_TIMEOUT_MS, scenario, strike } from "./fault-scenario.test-support.ts";

test(
  "commit: every operation of creating a project and registering a writer fails once",
  () =>
    strike(
      scenario(
        "commit",
        async (env, memory) => {
          const engine = await openEngine(env);
          await append(engine, memory, "a", "committed");
        },
        async () => undefined,
      ),
    ),
  STRIKE_TIMEOUT_MS,
);

test(
  "commit beside a rival: every operation of one of two processes fails once",
  () =>
    strike(
      scenario(
        "commit beside a rival",
        async (env, memory) => {
          // Opened one after the other, because compiling the hash takes real time.
          const other = env.startProcess();
          const stores = [await openStore({ env }), await openStore({ env: other })];
          const [mine, rival] = stores.map(async (store, index) => {
            const project = await store.project("p", { shards: 4 });
            await append({ store, project }, memory, `racer ${index}`, "committed");
          });
          memory.rival = Promise.race([rival, other.ended]);
          await mine;
        },
        async () => undefined,
      ),
    ),
  STRIKE_TIMEOUT_MS,
);
