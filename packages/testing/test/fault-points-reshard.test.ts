import type { Project } from "@shale/engine";
import type { SimulatedEnv } from "@shale/testing";
import { faultPoints } from "@shale/testing";
import { expect, test } from "vitest";
import type { EngineProcess } from "./engine-process.test-support.ts";
import { answersOf, isLong, openEngine, plainQueries } from "./engine-process.test-support.ts";
import type { Memory } from "./fault-scenario.test-support.ts";
import {
  append,
  attempt,
  expectedFor,
  STRIKE_TIMEOUT_MS,
  scenario,
} from "./fault-scenario.test-support.ts";

type Step = (project: Project) => Promise<unknown>;

const verbs = {
  begin: ({ reshard }) => reshard.begin({ shards: 3, operationId: "grow", retention: 0 }),
  beginChunked: ({ reshard }) =>
    reshard.begin({ shards: 3, operationId: "grow", strategy: "chunked", horizonDays: 0 }),
  backfill: ({ reshard }) => reshard.backfill(),
  validate: ({ reshard }) => reshard.validate(),
  finalize: ({ reshard }) => reshard.finalize(),
  rollback: ({ reshard }) => reshard.rollback(),
  abort: ({ reshard }) => reshard.abort({ graceMs: 0 }),
  collect: ({ reshard }) => reshard.collect({ graceMs: 0 }),
  compact: (project) => project.compact(),
} satisfies Record<string, Step>;

type Case = readonly [keyof typeof verbs, readonly (keyof typeof verbs)[]];
/** The command that is struck, and the ones before it. */
const cases: readonly Case[] = [
  ["begin", []],
  ["backfill", ["begin"]],
  ["finalize", ["begin", "backfill", "validate"]],
];
/** The rest for the long run; the model test strikes them as well, at random. */
const longCases: readonly Case[] = [
  ["validate", ["begin", "backfill"]],
  ["rollback", ["begin", "backfill", "validate", "finalize"]],
  ["backfill", ["beginChunked"]],
  ["abort", ["begin", "backfill"]],
  ["collect", ["begin", "backfill", "validate", "finalize"]],
];

/** Rows in day files, then a change up to the struck command, with rows that came after its cut. */
async function prepare(env: SimulatedEnv, memory: Memory, steps: readonly Step[]): Promise<void> {
  const engine = await openEngine(env);
  await append(engine, memory, "a", "wal");
  await engine.project.compact();
  await append(engine, memory, "b", "committed");
  for (const [index, step] of steps.entries()) {
    await step(engine.project);
    if (index === 0) await append(engine, memory, "c", "wal");
  }
  await engine.store.close();
}

/** Whoever comes next on the machine, and so knows who is dead, leads the change to its end, and nothing of it is left. */
async function endReshard(engine: EngineProcess): Promise<void> {
  const { project } = engine;
  const { state, operationId } = await project.reshard.status();
  if (state === "finalized") {
    await project.reshard.rollback();
  } else if (operationId !== null && state !== "aborting") {
    expect(await project.reshard.backfill()).toMatchObject({ complete: true });
    expect(await project.reshard.validate()).toMatchObject({ matched: true });
  }
  if (operationId !== null) await project.reshard.abort({ graceMs: 0 });
  expect(await project.reshard.status()).toMatchObject({ state: "steady" });
  await project.compact();
  const { specs, live } = await project.status();
  expect(specs.map(({ spec }) => spec)).toEqual([live]);
  expect(await project.verify({ full: true })).toMatchObject({ ok: true, findings: [] });
}

test.each(isLong ? [...cases, ...longCases] : cases)(
  "reshard %s after %j: every operation of it fails once",
  async (verb, before) => {
    const plain = scenario(
      ["reshard", ...before, verb].join(" "),
      async (env) => {
        const engine = await openEngine(env);
        await attempt(() => verbs[verb](engine.project));
        await engine.store.close();
      },
      (env, memory) =>
        prepare(
          env,
          memory,
          before.map((one) => verbs[one]),
        ),
    );
    await faultPoints({
      ...plain,
      async check(env, memory, run) {
        await plain.check(env, memory, run);
        const engine = await openEngine(env.startProcess());
        await endReshard(engine);
        const expected = await expectedFor([...memory.appends.keys()]);
        expect(await answersOf(engine.project, plainQueries)).toEqual(expected);
        await engine.store.close();
      },
    });
  },
  STRIKE_TIMEOUT_MS,
);
