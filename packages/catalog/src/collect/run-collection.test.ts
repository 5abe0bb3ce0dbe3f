import type { SimulatedEnv } from "@shale/testing";
import { simulatedEnv } from "@shale/testing";
import { beforeEach, describe, expect, test } from "vitest";
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
import { keyOfTail, putTail } from "../../test/tail.ts";
import { writeHeartbeat } from "../heartbeats.ts";
import { openManifest } from "../manifest/open-manifest.ts";
import { loadCatalog, openCatalog } from "../open-catalog.ts";
import { registerWriter } from "../writers.ts";
import { setRetention } from "./retention.ts";
import { runCollection } from "./run-collection.ts";
import { openWorkPin, WORK_PIN_STALE_MS } from "./work-pins.ts";

const HOUR_MS = 3_600_000;
const files = `${project}/spec=A/shard=`;

let env: SimulatedEnv;
beforeEach(async () => {
  env = simulatedEnv({ seed: 1 });
  await startShop(env);
});

/** A file that a merge has replaced. */
async function replacedFile() {
  const [old] = await runJob(env, {});
  await runJob(env, { kind: "merge", inputs: [old!], outputs: [{}] });
  return old!;
}

describe("day files", () => {
  test("one that is not listed any more goes at once when no other process is known", async () => {
    await replacedFile();
    const report = await runCollection(env, project);
    expect(report).toMatchObject({ deletedObjects: 1, condemned: 1, graceMs: 0, kept: [] });
    expect(await keysUnder(env, files)).toEqual(await reachableKeys(env));
    expect(await keysUnder(env, `${project}/condemned/`)).toEqual([]);
  });

  test("while another process lives it goes an hour after its record, by the store's time", async () => {
    await replacedFile();
    await registerWriter(env.startProcess(), project);
    expect(await runCollection(env, project)).toMatchObject({ condemned: 1, deletedObjects: 0 });
    await env.clock.advance(HOUR_MS - 1000);
    const early = await runCollection(env, project);
    expect(early).toMatchObject({ condemned: 0, kept: [{ why: "grace", objects: 1 }] });
    await env.clock.advance(1000);
    expect(await runCollection(env, project)).toMatchObject({ deletedObjects: 1, kept: [] });
    expect(await keysUnder(env, files)).toEqual(await reachableKeys(env));
  });

  test("a clock of the collector that is ahead does not shorten the grace", async () => {
    await replacedFile();
    const ahead = env.startProcess({ clockSkewMs: 10 * HOUR_MS });
    expect(await runCollection(ahead, project, { graceMs: HOUR_MS })).toMatchObject({
      condemned: 1,
    });
    expect(await runCollection(ahead, project, { graceMs: HOUR_MS })).toMatchObject({
      deletedObjects: 0,
    });
  });

  test("outputs of a standing claim stay; those of a dead job go after its claim (C2)", async () => {
    const working = env.startProcess();
    await beginJob(working, { outputs: [{}, { day: 3 }] });
    const kept = await runCollection(env, project);
    expect(kept).toMatchObject({ condemned: 0, kept: [{ why: "claim", objects: 2 }] });
    working.kill();
    const report = await runCollection(env, project);
    expect(report).toMatchObject({ droppedClaims: 1, deletedObjects: 2 });
    expect(await keysUnder(env, files)).toEqual([]);
  });

  test("a job whose claim was dropped commits nothing, and what it writes later goes too", async () => {
    const stuck = env.startProcess({ machine: "other" });
    const job = await beginJob(stuck, {});
    await env.clock.advance(2 * HOUR_MS);
    expect(await runCollection(env, project)).toMatchObject({
      droppedClaims: 1,
      deletedObjects: 1,
    });
    await expect(job.commit()).rejects.toMatchObject({ code: "CLAIM_LOST" });
    const late = `${files}0/day=2026-01-01/${job.id}-7.parquet`;
    await stuck.store.put(late, new Uint8Array(1), { ifAbsent: true });
    expect(await runCollection(env, project)).toMatchObject({ deletedObjects: 1 });
    expect(await keysUnder(env, files)).toEqual([]);
  });

  test("what nobody knows is never touched", async () => {
    const keys = [
      `${project}/notes.txt`,
      `${files}0/day=2026-01-01/readme.parquet`,
      `${project}/spec=Z/shard=0/day=2026-01-01/${"0".repeat(32)}-0.parquet`,
      `${project}/tail/0000000000000099/0000000000000001`,
      `${project}/spec=A/shard=3/day=2026-01-01/${"0".repeat(32)}-0.parquet`,
    ];
    for (const key of keys) await env.store.put(key, new Uint8Array(1), { ifAbsent: true });
    const report = await runCollection(env, project, { graceMs: 0 });
    expect(report.kept).toEqual([
      { why: "unknown", objects: 4 },
      { why: "no-manifest", objects: 1 },
    ]);
    for (const key of keys) expect(await env.store.head(key)).toBeDefined();
  });

  test("a dry run says what would go and writes nothing", async () => {
    await replacedFile();
    const before = await keysUnder(env, "");
    const { actions, ...report } = await runCollection(env, project, { dryRun: true });
    expect(actions?.map(({ kind }) => kind)).toEqual(["condemn", "delete"]);
    expect(report).toMatchObject({ deletedObjects: 0, condemned: 0 });
    expect(await keysUnder(env, "")).toEqual(before);
  });
});

describe("work pins (R5)", () => {
  test("what was reachable when one was opened stays as long as it is renewed", async () => {
    const [old] = await runJob(env, {});
    const exporting = env.startProcess();
    const pin = await openWorkPin(exporting, project, { what: "export" });
    await runJob(env, { kind: "merge", inputs: [old!] });
    for (let i = 0; i < 3; i++) {
      await env.clock.advance(WORK_PIN_STALE_MS - 1000);
      await pin.renew();
      const report = await runCollection(env, project, { graceMs: 0 });
      expect(report).toMatchObject({ deletedObjects: 0, kept: [{ why: "work-pin", objects: 1 }] });
    }
    await pin.close();
    expect(await runCollection(env, project)).toMatchObject({ deletedObjects: 1 });
    expect(await keysUnder(env, `${project}/pins/`)).toEqual([]);
  });

  test("one that is opened after the record protects nothing that the record names", async () => {
    await replacedFile();
    await runCollection(env, project, { graceMs: HOUR_MS });
    await env.clock.advance(HOUR_MS);
    const pin = await openWorkPin(env.startProcess(), project, { what: "export" });
    expect(await runCollection(env, project, { graceMs: HOUR_MS })).toMatchObject({
      deletedObjects: 1,
    });
    await pin.renew();
  });

  test("a stale one is removed before what it pinned, and its owner finds that out", async () => {
    const [old] = await runJob(env, {});
    const pin = await openWorkPin(env.startProcess(), project, { what: "export" });
    await runJob(env, { kind: "merge", inputs: [old!] });
    await env.clock.advance(WORK_PIN_STALE_MS);
    expect(await runCollection(env, project)).toMatchObject({ deletedObjects: 1 });
    await expect(pin.renew()).rejects.toMatchObject({ code: "SNAPSHOT_EXPIRED" });
  });

  test("one that wakes up at the last moment is either kept or told", async () => {
    const [old] = await runJob(env, {});
    const owner = env.startProcess();
    const pin = await openWorkPin(owner, project, { what: "export" });
    await runJob(env, { kind: "merge", inputs: [old!] });
    await env.clock.advance(WORK_PIN_STALE_MS);
    // The owner renews right before the collector's first delete, which is that of the beat.
    const { store } = env;
    let isFirst = true;
    const racing = {
      ...env,
      store: {
        ...store,
        async delete(key: string, options?: object) {
          if (isFirst) await pin.renew();
          isFirst = false;
          return await store.delete(key, options);
        },
      },
    };
    const report = await runCollection(racing, project, { graceMs: 0 });
    expect(report).toMatchObject({ deletedObjects: 0, kept: [{ why: "work-pin", objects: 1 }] });
    await pin.renew();
  });
});

describe("the tail (C5)", () => {
  async function fillTail(): Promise<void> {
    for (const n of [1, 2, 3]) await putTail(env.store, { writer: 1, n }, [10 * n]);
  }

  test("an object goes when every group has it below its watermark, never the highest", async () => {
    await fillTail();
    await runJob(env, { watermarks: vectorAt({ 1: 2 }) });
    expect(await runCollection(env, project)).toMatchObject({ deletedObjects: 2 });
    expect(await keysUnder(env, `${project}/tail/`)).toEqual([keyOfTail(1, 3)]);
    await runJob(env, { watermarks: vectorAt({ 1: 3 }) });
    expect(await runCollection(env, project)).toMatchObject({
      deletedObjects: 0,
      kept: [{ why: "head", objects: 1 }],
    });
    // An idle writer supersedes its last object with an empty one.
    await putTail(env.store, { writer: 1, n: 4 }, { lastSeq: 30 });
    expect(await runCollection(env, project)).toMatchObject({ deletedObjects: 1 });
  });

  test("without a manifest nothing is drained", async () => {
    await fillTail();
    expect(await runCollection(env, project)).toMatchObject({ condemned: 0, kept: [] });
  });

  test("schedule 3: a spec that begins while the collector looks keeps what it has not read", async () => {
    await fillTail();
    await runJob(env, { watermarks: vectorAt({ 1: 2 }) });
    // Commit 1 of begin lands after the listing and before the catalog is read again.
    const { store } = env;
    let isListed = false;
    let isBegun = false;
    const racing = {
      ...env,
      store: {
        ...store,
        async list(prefix: string, options?: object) {
          isListed ||= prefix === `${project}/`;
          return await store.list(prefix, options);
        },
        async get(key: string, options?: object) {
          const stored = await store.get(key, options);
          if (isListed && !isBegun && key.includes("/manifest/")) {
            isBegun = true;
            await beginB();
          }
          return stored;
        },
      },
    };
    const report = await runCollection(racing, project, { graceMs: 0 });
    expect(isBegun).toBe(true);
    expect(report).toMatchObject({ condemned: 0, deletedObjects: 0 });
    expect(await keysUnder(env, `${project}/tail/`)).toHaveLength(3);
    const pending = await runCollection(env, project, { graceMs: 0 });
    expect(pending).toMatchObject({ condemned: 0, deletedObjects: 0 });
    await takeCut(1);
    // B stands at its cut, and has no manifest: what lies above the cut stays for it.
    expect(await runCollection(env, project, { graceMs: 0 })).toMatchObject({ deletedObjects: 1 });
    expect(await keysUnder(env, `${project}/tail/`)).toEqual([keyOfTail(1, 2), keyOfTail(1, 3)]);
  });

  test("schedule 2: a retired writer's tail goes whole, after all groups know it as infinite", async () => {
    await fillTail();
    await putSeal(env, (await loadCatalog(env, project))!.writers[0]!.ordinal, {
      n: 4,
      lastSeq: 30,
    });
    await runJob(env, { watermarks: vectorAt({ 1: 3 }) });
    expect(await runCollection(env, project)).toMatchObject({ retiredWriters: [] });
    await runJob(env, { watermarks: vectorAt({ 1: 4 }) });
    const { ordinal, catalogVersion } = { ordinal: 1, catalogVersion: 2 };
    const process = env.processes.self;
    const beat = { ordinal, catalogVersion, lastSeq: 30, oldestUnflushedSeq: null, process };
    await writeHeartbeat(env, project, { ...beat, atMs: 1 } as never);
    expect(await runCollection(env, project)).toMatchObject({ retiredWriters: [1] });
    expect(await keysUnder(env, `${project}/tail/`)).toEqual([]);
    expect(await keysUnder(env, `${project}/writers/`)).toEqual([]);
    const manifest = await openManifest(env, {
      project,
      spec: "A" as never,
      group: 0,
    }).loadNewest();
    expect(manifest?.watermarks).toEqual({ positions: {}, infinite: [{ from: 1, to: 1 }] });
    expect(await loadCatalog(env, project)).toMatchObject({
      writers: [],
      retired: [{ from: 1, to: 1 }],
    });
  });
});

/** Commit 1 of a reshard's begin (S1). */
async function beginB(): Promise<void> {
  await openCatalog(env, project).commit((now) => ({
    ...now!,
    specs: [...now!.specs, { ...now!.specs[0]!, spec: "B" as never, shards: 8 }],
    fed: [...now!.fed, "B" as never],
    operation: {
      ...{ id: "grow", source: "A" as never, spec: "B" as never, strategy: "tee" },
      ...{ state: "teeing", paused: false, startedMs: 1, horizonDay: null, rollbackMs: 0 },
      ...{ finalizedMs: null, token: null, sourceMissed: false, lastError: null },
      throttle: { bytesPerSecond: null, concurrency: 1, window: null },
    } as never,
    transitions: [
      {
        ...{ number: 1, operation: "grow", verb: "begin", from: "steady", to: "teeing" },
        ...{ atMs: 1, by: "ann", facts: {} },
      },
    ],
    cutPending: { operation: "grow" },
  }));
}

async function takeCut(n: number): Promise<void> {
  await openCatalog(env, project).commit((now) => ({
    ...now!,
    cutPending: null,
    cuts: [
      {
        ...{ generation: 1, operation: "grow", spec: "B" as never },
        ...{ positions: { "1": { n, lastSeq: 10 * n } }, infinite: [] },
      },
    ],
  }));
}

test("keep is turned into a first day, which never falls (C6)", async () => {
  await setRetention(env, project, 10 * 24 * HOUR_MS, { by: "ann" });
  const today = Math.floor(env.clock.nowMs() / (24 * HOUR_MS));
  expect(await runCollection(env, project)).toMatchObject({ firstDay: today - 10 });
  await setRetention(env, project, 20 * 24 * HOUR_MS, { by: "ann" });
  expect(await runCollection(env, project)).toMatchObject({ firstDay: today - 10 });
  const ahead = env.startProcess({ clockSkewMs: 900 * 24 * HOUR_MS });
  expect(await runCollection(ahead, project)).toMatchObject({ firstDay: today - 10 });
});

describe("what cannot be read whole", () => {
  test("a listing that breaks off, or misses the newest version, deletes nothing", async () => {
    await replacedFile();
    const { store } = env;
    const before = await keysUnder(env, files);
    for (const broken of ["page", "versions"] as const) {
      const racing = {
        ...env,
        clock: {
          ...env.clock,
          sleep: async () => undefined,
          monotonicMs: () => Date.parse("2026"),
        },
        store: {
          ...store,
          async list(prefix: string, options?: object) {
            const page = await store.list(prefix, options);
            if (broken === "page" && prefix === `${project}/`) {
              return { entries: page.entries.slice(0, 3), truncated: false };
            }
            if (broken === "page" || !prefix.includes("/manifest/")) return page;
            const shown = page.entries.filter(({ key }) => Number(key.slice(-16)) <= 2);
            return { ...page, entries: shown };
          },
        },
      };
      const run = runCollection(racing, project, { graceMs: 0 });
      if (broken === "versions")
        await expect(run).rejects.toMatchObject({ code: "CATALOG_CONFLICT" });
      else expect(await run).toMatchObject({ deletedObjects: 0 });
      expect(await keysUnder(env, files)).toEqual(before);
    }
  });

  test("a manifest that is damaged, or lists what is gone, stops everything", async () => {
    const old = await replacedFile();
    const [reachable] = await reachableKeys(env);
    await env.store.delete(reachable!);
    await expect(runCollection(env, project)).rejects.toMatchObject({ code: "OBJECT_MISSING" });
    expect((await keysUnder(env, files))[0]).toContain(old.id);
    const versions = await keysUnder(env, `${project}/spec=A/manifest/`);
    await env.store.put(versions.at(-1)!, new Uint8Array(9), { always: true });
    await expect(runCollection(env, project)).rejects.toMatchObject({ code: "OBJECT_CORRUPT" });
    expect(await keysUnder(env, files)).toHaveLength(1);
  });
});
