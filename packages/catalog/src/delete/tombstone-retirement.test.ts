import { specNameOf, writerOrdinal } from "@shale/model";
import type { SimulatedEnv } from "@shale/testing";
import { simulatedEnv } from "@shale/testing";
import { beforeEach, describe, expect, test } from "vitest";
import { vectorAt } from "../../test/groups.ts";
import { beginJob, keysUnder, project, putSeal, runJob, startShop } from "../../test/jobs.ts";
import { putTail } from "../../test/tail.ts";
import { runCollection } from "../collect/run-collection.ts";
import { openWorkPin } from "../collect/work-pins.ts";
import { writeHeartbeat } from "../heartbeats.ts";
import { loadCatalog, openCatalog } from "../open-catalog.ts";
import { forgetWriter, registerWriter } from "../writers.ts";
import { addTombstones } from "./tombstones.ts";

const by = "ann";
const userHash = "0123456789abcdef0123456789abcdef";
const one = writerOrdinal(1);

let env: SimulatedEnv;
beforeEach(async () => {
  env = simulatedEnv({ seed: 1 });
  await startShop(env);
});

/** What the writer says of itself, as of the newest catalog. */
async function beat(oldestUnflushedSeq: number | null = null, versionsBehind = 0): Promise<void> {
  const { version } = (await loadCatalog(env, project))!;
  await writeHeartbeat(env, project, {
    ordinal: one,
    catalogVersion: (version - versionsBehind) as never,
    lastSeq: 100,
    oldestUnflushedSeq,
    process: env.processes.self,
    atMs: 1,
  });
}

async function entomb(seq = 50): Promise<void> {
  await addTombstones(env, project, [{ userHash, seq }], { by });
  await beat();
}

async function retiredNow(): Promise<readonly number[]> {
  return (await runCollection(env, project, { graceMs: 0 })).retiredTombstones;
}

describe("a tombstone retires (D2)", () => {
  test("when logs, tail and files have passed it; its number is never used again", async () => {
    await entomb();
    await runJob(env, { outputs: [{ tombstone: 1 }] });
    expect(await retiredNow()).toEqual([1]);
    const catalog = (await loadCatalog(env, project))!;
    expect(catalog).toMatchObject({ tombstones: [], nextTombstone: 2 });
    expect(catalog.audit.at(-1)?.what).toBe("tombstones retired: 1");
    expect(await keysUnder(env, `${project}/looks/`)).toEqual([]);
    await addTombstones(env, project, [{ userHash, seq: 60 }], { by });
    expect((await loadCatalog(env, project))?.tombstones).toMatchObject([{ number: 2 }]);
  });

  test("not before every writer has adopted it, or is sealed", async () => {
    await addTombstones(env, project, [{ userHash, seq: 50 }], { by });
    expect(await retiredNow()).toEqual([]);
    await beat(null, 1);
    expect(await retiredNow()).toEqual([]);
    await beat(50);
    expect(await retiredNow()).toEqual([]);
    await beat(51);
    const other = await registerWriter(env, project);
    await beat(51);
    expect(await retiredNow()).toEqual([]);
    await putSeal(env, other.ordinal, { n: 1, lastSeq: 0 });
    expect(await retiredNow()).toEqual([1]);
  });

  test("not while a tail object has a row at or below d", async () => {
    await putTail(env.store, { writer: 1, n: 1 }, [50, 60]);
    await putTail(env.store, { writer: 1, n: 2 }, [70]);
    await entomb();
    expect(await retiredNow()).toEqual([]);
    await runJob(env, { outputs: [{ tombstone: 1 }], watermarks: vectorAt({ 1: 1 }) });
    expect(await retiredNow()).toEqual([1]);
  });

  test("not while a writer is forgotten and not yet retired", async () => {
    const { ordinal } = await registerWriter(env, project);
    await putSeal(env, ordinal, { n: 1, lastSeq: 0 });
    await forgetWriter(env, project, ordinal, { lastSeq: 0, by });
    await entomb();
    expect(await retiredNow()).toEqual([]);
    await runJob(env, { outputs: [{ tombstone: 1 }], watermarks: vectorAt({ 2: 1 }) });
    await beat();
    expect(await retiredNow()).toEqual([1]);
  });

  test("not before every file of every spec has reached it, retained ones too", async () => {
    const [file] = await runJob(env, {});
    await openCatalog(env, project).commit((now) => ({
      ...now!,
      specs: [...now!.specs, { ...now!.specs[0]!, spec: specNameOf(1), shards: 8 }],
    }));
    const retained = { project, spec: specNameOf(1), group: 0 };
    const [copy] = await runJob(env, { place: retained });
    await entomb();
    expect(await retiredNow()).toEqual([]);
    await runJob(env, { kind: "purge", inputs: [file!], outputs: [{ tombstone: 1 }] });
    expect(await retiredNow()).toEqual([]);
    const purge = { kind: "purge", inputs: [copy!], outputs: [{ tombstone: 1 }] } as const;
    await runJob(env, { ...purge, place: retained });
    expect(await retiredNow()).toEqual([1]);
  });

  test("not while a file that a purge has replaced is still there", async () => {
    const [file] = await runJob(env, {});
    await entomb();
    const pin = await openWorkPin(env.startProcess(), project, { what: "export" });
    await runJob(env, { kind: "purge", inputs: [file!], outputs: [{ tombstone: 1 }] });
    expect(await retiredNow()).toEqual([]);
    await pin.close();
    expect(await retiredNow()).toEqual([1]);
  });

  test("schedule 10: not by a job that has read the catalog before it", async () => {
    // The claim comes first, so the first look sees it; the job knows no tombstone.
    const job = await beginJob(env, { outputs: [{ tombstone: 0 }] });
    await entomb();
    expect(await retiredNow()).toEqual([]);
    expect(await keysUnder(env, `${project}/looks/`)).toHaveLength(1);
    // Claims that were put later do not hold it up: their jobs have read a later catalog.
    await env.clock.advance(1);
    const later = await beginJob(env, { kind: "copy", outputs: [{ tombstone: 1, day: 9 }] });
    const [file] = await job.commit();
    expect(await retiredNow()).toEqual([]);
    await runJob(env, { kind: "purge", inputs: [file!], outputs: [{ tombstone: 1 }] });
    expect(await retiredNow()).toEqual([1]);
    expect(await keysUnder(env, `${project}/looks/`)).toEqual([]);
    expect((await keysUnder(env, `${project}/spec=A/shard=`)).join()).toContain(later.id);
  });

  test("a row that is acknowledged and not flushed holds it up, whatever was looked at before", async () => {
    await addTombstones(env, project, [{ userHash, seq: 50 }], { by });
    await beat(40);
    expect(await retiredNow()).toEqual([]);
    expect(await keysUnder(env, `${project}/looks/`)).toEqual([]);
    await putTail(env.store, { writer: 1, n: 1 }, [40]);
    await beat(null);
    expect(await retiredNow()).toEqual([]);
    await runJob(env, { outputs: [{ tombstone: 1 }], watermarks: vectorAt({ 1: 1 }) });
    await putTail(env.store, { writer: 1, n: 2 }, { lastSeq: 40 });
    expect(await retiredNow()).toEqual([1]);
  });
});

test("of two users' tombstones the one that has been reached retires alone", async () => {
  await entomb(50);
  await runJob(env, { outputs: [{ tombstone: 1 }] });
  await addTombstones(env, project, [{ userHash: userHash.replace("0", "f"), seq: 55 }], { by });
  await beat();
  expect(await retiredNow()).toEqual([1]);
  expect((await loadCatalog(env, project))?.tombstones.map(({ number }) => number)).toEqual([2]);
  expect(await retiredNow()).toEqual([]);
});

test("a dry run only says which would retire", async () => {
  await entomb();
  const dry = await runCollection(env, project, { dryRun: true });
  expect(dry.retiredTombstones).toEqual([]); // There has been no first look.
  expect((await loadCatalog(env, project))?.tombstones).toHaveLength(1);
  expect(await keysUnder(env, `${project}/looks/`)).toEqual([]);
});
