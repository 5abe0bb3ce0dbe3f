import type { LogFields } from "@shale/env";
import { silentLogger } from "@shale/env";
import { simulatedEnv } from "@shale/testing";
import { expect, test } from "vitest";
import { smallPolicy } from "../test/compact.ts";
import { checkAnswers } from "../test/read-rows.ts";
import { createWorld, flush, hasher, project, rowAt } from "../test/world.ts";
import { runCompactionLoop } from "./compaction-loop.ts";

const options = { project, hasher, policy: smallPolicy, compression: "none" } as const;

test("runCompactionLoop() does what is due until it is stopped, and outlives a store that fails", async () => {
  const warnings: LogFields[] = [];
  const logger = {
    ...silentLogger,
    warn: (_: string, fields: LogFields = {}) => void warnings.push(fields),
  };
  const env = simulatedEnv({ seed: 1, logger });
  const world = await createWorld(env);
  for (let i = 0; i < 3; i++) {
    await flush(
      env,
      world,
      Array.from({ length: 10 }, (_, k) => rowAt(10 * i + k)),
    );
  }
  const writer = env.startProcess();
  env.faults.setPlan({
    rules: [{ process: writer.position, where: "store", fault: { kind: "before" } }],
  });
  const stop = new AbortController();
  const looping = runCompactionLoop(writer, { ...options, signal: stop.signal });
  await env.clock.sleep(300_000);
  expect(warnings.map(({ code }) => code)).toContain("STORE_UNAVAILABLE");
  env.faults.setPlan({});
  await env.clock.sleep(600_000);
  stop.abort();
  await looping;
  const { tailObjects, entries } = await checkAnswers(env, world);
  expect(tailObjects).toBeLessThan(2);
  expect(entries.length).toBeGreaterThan(0);
});

test("runCompactionLoop() ends at once when its signal had aborted, or does while it looks", async () => {
  const env = simulatedEnv({ seed: 1 });
  await runCompactionLoop(env, { ...options, signal: AbortSignal.abort() });
  const world = await createWorld(env);
  await flush(env, world, [rowAt(1)]);
  await flush(env, world, [rowAt(2)]);
  const stop = new AbortController();
  const looping = runCompactionLoop(env, {
    ...options,
    signal: stop.signal,
    onProgress: () => stop.abort(),
  });
  await looping;
  await checkAnswers(env, world);
});
