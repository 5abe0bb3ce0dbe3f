import { writerOrdinal } from "@shale/model";
import type { FaultScenario, SimulatedEnv } from "@shale/testing";
import { faultPoints, simulatedEnv } from "@shale/testing";
import { expect, test } from "vitest";
import { vectorAt } from "../../test/groups.ts";
import {
  beginJob,
  keysUnder,
  project,
  putSeal,
  reachableKeys,
  runJob,
  startShop,
} from "../../test/jobs.ts";
import { putTail } from "../../test/tail.ts";
import { deleteUsers } from "../delete/delete-users.ts";
import { addTombstones } from "../delete/tombstones.ts";
import { dayFileKey } from "../object-keys.ts";
import { loadCatalog } from "../open-catalog.ts";
import { openPin } from "../pin/open-pin.ts";
import { runCollection } from "./run-collection.ts";
import { openWorkPin, WORK_PIN_STALE_MS } from "./work-pins.ts";

const userHash = "0123456789abcdef0123456789abcdef";
const dead = { host: "machine-1", pid: 1, started: "long ago" };

/**
 * Of everything that a collection does, one: a claim, a writer, a pin, a tombstone, four objects.
 */
async function prepare(env: SimulatedEnv): Promise<void> {
  await startShop(env);
  await putTail(env.store, { writer: 1, n: 1 }, [10]);
  await putSeal(env, writerOrdinal(1), { n: 2, lastSeq: 10 });
  const [old] = await runJob(env, { watermarks: vectorAt({ 1: 2 }) });
  await addTombstones(env, project, [{ userHash, seq: 10 }], { by: "ann" });
  const pinning = env.startProcess();
  await openWorkPin(pinning, project, { what: "export" });
  await runJob(env, { kind: "purge", inputs: [old!], outputs: [{ tombstone: 1 }] });
  await beginJob({ ...env, processes: { ...env.processes, self: dead } }, {});
  pinning.kill();
  await env.clock.advance(WORK_PIN_STALE_MS);
}

/** Whatever happened before: what is listed is there, and two runs leave nothing else. */
async function checkCollected(env: SimulatedEnv): Promise<void> {
  const listed = await reachableKeys(env);
  expect(listed).toHaveLength(1);
  await runCollection(env, project);
  await runCollection(env, project);
  expect(await reachableKeys(env)).toEqual(listed);
  const left = await keysUnder(env, `${project}/`);
  const others = left.filter((key) => !/\/(catalog|collect|spec=A\/manifest)\//.test(key));
  expect(others).toEqual(listed);
  expect(await loadCatalog(env, project)).toMatchObject({
    writers: [],
    retired: [{ from: 1, to: 1 }],
    tombstones: [],
  });
}

const collecting: FaultScenario<void> = {
  name: "collect",
  prepare,
  act: async (env) => {
    await runCollection(env, project);
  },
  check: checkCollected,
};

/** The process before this one ended amid its own collection. */
const collectingAgain: FaultScenario<void> = {
  ...collecting,
  name: "collect after a crash",
  async prepare(env) {
    await prepare(env);
    const crashing = env.startProcess();
    const rule = { process: crashing.position, what: ["delete" as const], at: 4 };
    env.faults.setPlan({ rules: [{ ...rule, fault: { kind: "crash", when: "after" } }] });
    await Promise.race([runCollection(crashing, project), crashing.ended]);
    env.faults.setPlan({});
  },
};

const deleting: FaultScenario<void> = {
  name: "delete users",
  async prepare(env) {
    await startShop(env);
    await putTail(env.store, { writer: 1, n: 1 }, [10]);
    await putSeal(env, writerOrdinal(1), { n: 2, lastSeq: 10 });
  },
  async act(env) {
    await deleteUsers(env, project, ["u10", "u11"], { by: "ann" });
  },
  async check(env, _state, { crashed, error }) {
    const catalog = (await loadCatalog(env, project))!;
    const users = new Set(catalog.tombstones.map((one) => one.userHash));
    // All of a call or nothing, once, whatever became of its replies.
    expect([0, 2]).toContain(users.size);
    expect(catalog.tombstones).toHaveLength(users.size);
    expect(catalog.audit).toHaveLength(users.size);
    if (!crashed && error === undefined) expect(users.size).toBe(2);
    const receipt = await deleteUsers(env, project, ["u10", "u11"], { by: "ann" });
    expect(receipt.unanswered).toEqual([]);
    expect(receipt.tombstones.every(({ seq }) => seq > 10)).toBe(true);
  },
};

test.each([collecting, collectingAgain, deleting])(
  "$name: every operation fails once, before or after its effect, or with the process",
  { timeout: 300_000 },
  async (scenario) => {
    const lines: string[] = [];
    const { tried, skipped } = await faultPoints(scenario, { print: (line) => lines.push(line) });
    expect(tried).toBeGreaterThan(30);
    expect(skipped).toBe(0);
    console.log(...lines);
  },
);

test("readers that pin at any moment of a collection find all that they pinned, or pin again", async () => {
  for (let seed = 1; seed <= 40; seed++) {
    const env = simulatedEnv({ seed, faults: { rates: { delay: 0.3 } } });
    await startShop(env);
    await putTail(env.store, { writer: 1, n: 1 }, [10]);
    await putTail(env.store, { writer: 1, n: 2 }, [20]);
    let files = await runJob(env, { watermarks: vectorAt({ 1: 1 }) });
    const readers = Array.from({ length: 4 }, async (_, i) => {
      const reader = env.startProcess();
      await reader.clock.sleep(i * 20_000);
      const pin = await openPin(reader, project);
      // Object 1 is in the file, object 2 is not: never both, never neither.
      expect(pin.hi.get(writerOrdinal(1))).toEqual({ n: 2, lastSeq: 20 });
      const manifest = pin.groups.get(0)?.manifest;
      expect(pin.tail.map(({ n }) => n)).toEqual([2]);
      expect(manifest?.added).toHaveLength(1);
      // The grace is an hour, and this reader is quick.
      for (const file of manifest!.added) {
        expect(await reader.store.head(dayFileKey(project, pin.spec.spec, file))).toBeDefined();
      }
    });
    const merging = (async () => {
      for (let i = 0; i < 4; i++) files = await runJob(env, { kind: "merge", inputs: files });
    })();
    const collectors = [1, 2].map(async () => {
      const collector = env.startProcess();
      for (let i = 0; i < 3; i++) await runCollection(collector, project, { graceMs: 3_600_000 });
    });
    await Promise.all([...readers, merging, ...collectors]);
    env.faults.setPlan({});
    await env.clock.advance(3_600_000);
    await runCollection(env, project, { graceMs: 3_600_000 });
    expect(await keysUnder(env, `${project}/spec=A/shard=`)).toEqual(await reachableKeys(env));
    env.endSimulation();
  }
});
