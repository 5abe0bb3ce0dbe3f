import { test } from "vitest";
import { openEngine } from "./engine-process.test-support.ts";
import {
  append,
  attempt,
  STRIKE_TIMEOUT_MS,
  scenario,
  strike,
} from "./fault-scenario.test-support.ts";

test(
  "flush: every operation of flushing, draining and sealing fails once",
  () =>
    strike(
      scenario("flush", async (env, memory) => {
        const engine = await openEngine(env);
        for (const name of ["a", "b"]) {
          await attempt(() => append(engine, memory, name, "wal"));
          await attempt(() => engine.project.flush());
        }
        await attempt(() => append(engine, memory, "c", "wal"));
        await engine.store.close();
      }),
    ),
  STRIKE_TIMEOUT_MS,
);
