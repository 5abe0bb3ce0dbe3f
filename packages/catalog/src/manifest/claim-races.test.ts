import type { Env } from "@shale/env";
import { listAll, memoryStore, nonceOf } from "@shale/env";
import type { DayFileEntry, ManifestDocument } from "@shale/format";
import { decodeManifest } from "@shale/format";
import { ShaleError } from "@shale/model";
import type { SimulatedEnv } from "@shale/testing";
import { faultPoints, simulatedEnv } from "@shale/testing";
import { describe, expect, test } from "vitest";
import { balanceOf, fileOf, first, group, vectorAt } from "../../test/groups.ts";
import { envOver } from "../../test/log-chain.ts";
import { pausedStore } from "../../test/paused-store.ts";
import type { Chain } from "../chain/chain.ts";
import { manifestPrefix } from "../object-keys.ts";
import { beginClaim } from "./begin-claim.ts";
import { commitClaim } from "./commit-claim.ts";
import { dropClaim, mayTakeOver } from "./end-claims.ts";
import { foldManifest } from "./fold-manifest.ts";
import { loadEntries } from "./load-entries.ts";
import { openManifest } from "./open-manifest.ts";

const isLong = process.env["SHALE_TEST_LONG"] === "1";
const PREFIX = manifestPrefix(group.project, group.spec, group.group);
const drain = { ...group, kind: "drain", inputs: [], first } as const;

/** What the jobs of a run wrote: the numbers of the tail objects that are in each file. */
type Contents = Map<string, readonly number[]>;
interface World {
  readonly contents: Contents;
  /** Claims whose job was told that it is committed, or lost. */
  readonly committed: Set<string>;
  readonly lost: Set<string>;
}
const newWorld = (): World => ({ contents: new Map(), committed: new Set(), lost: new Set() });

function fileWith(world: World, claim: string, objects: readonly number[]): DayFileEntry {
  const file = fileOf(claim, 0, { rows: objects.length, day: 20_000 + ((objects[0] ?? 0) % 70) });
  world.contents.set(file.id, objects);
  return file;
}

/** A commit whose answer is noted: it is what other processes believe afterwards. */
async function noted(world: World, claim: string, commit: Promise<ManifestDocument>) {
  try {
    expect((await commit).committed).toContain(claim);
    world.committed.add(claim);
  } catch (error) {
    if (error instanceof ShaleError && error.code === "CLAIM_LOST") world.lost.add(claim);
    throw error;
  }
}

/** Drains the next two objects. */
async function runDrain(env: Env, chain: Chain<ManifestDocument>, world: World, id?: string) {
  const { claim, manifest } = await beginClaim(env, chain, { ...drain, id });
  const from = manifest.watermarks.positions["1"]?.n ?? 0;
  const added = [fileWith(world, claim.id, [from + 1, from + 2])];
  const watermarks = vectorAt({ 1: from + 2 });
  const change = { added, removed: [], watermarks, balance: balanceOf(added) };
  await noted(world, claim.id, commitClaim(env, chain, claim.id, change));
}

/** Puts three files into one. */
async function runMerge(env: Env, chain: Chain<ManifestDocument>, world: World) {
  const manifest = await chain.loadNewest();
  if (manifest === undefined) return;
  const files = [...(await loadEntries(env, manifest, "all"))];
  const start = files.length < 3 ? 0 : env.random.nextU32() % (files.length - 2);
  const inputs = files.slice(start, start + 3);
  if (inputs.length < 3) return;
  const { claim } = await beginClaim(env, chain, { ...drain, kind: "merge", inputs });
  const objects = inputs.flatMap(({ id }) => world.contents.get(id) ?? []);
  const added = [fileWith(world, claim.id, objects)];
  const removed = inputs.map(({ id }) => id);
  const change = { added, removed, balance: balanceOf(inputs) };
  await noted(world, claim.id, commitClaim(env, chain, claim.id, change));
}

/** Every object up to the watermark is in one file, and what was reported is so. */
async function checkGroup(env: Env, world: World): Promise<ManifestDocument | undefined> {
  const manifest = await openManifest(env, group).loadNewest();
  if (manifest === undefined) return undefined;
  const files = await loadEntries(env, manifest, "all");
  const objects = files.flatMap(({ id }) => world.contents.get(id) ?? []);
  const top = manifest.watermarks.positions["1"]?.n ?? 0;
  expect(objects.sort((a, b) => a - b)).toEqual(Array.from({ length: top }, (_, i) => i + 1));
  const committed = new Set<string>();
  for await (const { key } of listAll(env.store, PREFIX)) {
    const stored = await env.store.get(key);
    for (const id of decodeManifest(stored!.bytes, { key }).committed) committed.add(id);
  }
  for (const id of world.committed) expect(committed).toContain(id);
  for (const id of world.lost) expect(committed).not.toContain(id);
  return manifest;
}

/** What a process does that finds jobs of a dead one. */
async function takeOver(env: Env, chain: Chain<ManifestDocument>) {
  const claims = (await chain.loadNewest())?.claims ?? [];
  for (const claim of claims) {
    expect(mayTakeOver(claim, env.processes, env.clock.nowMs())).toBe(true);
    await dropClaim(env, chain, claim.id);
  }
}

type Act = (env: Env, chain: Chain<ManifestDocument>, world: World) => Promise<unknown>;
const acts: Readonly<Record<string, Act>> = {
  drain: (env, chain, world) => runDrain(env, chain, world),
  merge: runMerge,
  fold: (env, chain) => foldManifest(env, chain),
  takeover: async (env, chain, world) => {
    const { claim } = await beginClaim(env, chain, drain);
    await dropClaim(env, chain, claim.id);
    const change = { added: [], removed: [], balance: { in: [] } };
    try {
      await noted(world, claim.id, commitClaim(env, chain, claim.id, change));
    } catch {
      return; // Lost, or nobody answers.
    }
    throw new Error("a job that was taken over has committed");
  },
};

describe("every operation of a job", () => {
  for (const [name, act] of Object.entries(acts)) {
    test(`may fail before or after its effect, land late or end the process: ${name}`, async () => {
      await faultPoints<World>({
        name,
        async prepare(env) {
          const world = newWorld();
          const chain = openManifest(env, group);
          for (let i = 0; i < 4; i++) await runDrain(env, chain, world);
          await foldManifest(env, chain);
          for (let i = 0; i < 2; i++) await runDrain(env, chain, world);
          await runMerge(env, chain, world);
          return world;
        },
        async act(env, world) {
          await act(env, openManifest(env, group), world);
        },
        async check(env, world) {
          const chain = openManifest(env, group);
          await checkGroup(env, world);
          await takeOver(env, chain);
          await runDrain(env, chain, world);
          await runMerge(env, chain, world);
          await foldManifest(env, chain);
          const manifest = await checkGroup(env, world);
          expect(manifest).toMatchObject({ claims: [], added: [], removed: [] });
        },
      });
    });
  }
});

describe("many jobs at once", () => {
  const seeds = isLong ? Array.from({ length: 60 }, (_, i) => i + 1) : [1, 2, 3];
  for (const seed of seeds) {
    test(`keep every row once, whatever replies are lost and claims taken (seed ${seed})`, async () => {
      const env = simulatedEnv({ seed });
      env.faults.setPlan({ rates: { before: 0.02, after: 0.06, late: 0.05, delay: 0.1 } });
      const world = newWorld();
      const counts = await Promise.all(
        Array.from({ length: 6 }, () => workOn(env.startProcess(), world)),
      );
      env.faults.setPlan({});
      expect(counts.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(20);
      const manifest = await checkGroup(env, world);
      expect(manifest?.watermarks.positions["1"]?.n).toBeGreaterThan(4);
      expect(world.lost.size + world.committed.size).toBeGreaterThan(10);
    });
  }
});

const EXPECTED = ["CLAIM_REFUSED", "CLAIM_LOST", "CATALOG_CONFLICT", "STORE_UNAVAILABLE"];

/** Runs jobs, and now and then takes one over that is not dead at all. Returns how many ended well. */
async function workOn(env: SimulatedEnv, world: World): Promise<number> {
  const chain = openManifest(env, group);
  let count = 0;
  for (let turn = 0; turn < 12; turn++) {
    try {
      const choice = env.random.nextU32() % 8;
      if (choice < 4) await runDrain(env, chain, world);
      else if (choice < 6) await runMerge(env, chain, world);
      else if (choice < 7) await foldManifest(env, chain);
      const [claim] = (await chain.loadNewest())?.claims ?? [];
      if (claim !== undefined && env.random.nextU32() % 3 === 0) {
        await dropClaim(env, chain, claim.id);
      }
      count++;
    } catch (error) {
      if (!(error instanceof ShaleError)) throw error;
      expect(EXPECTED).toContain(error.code);
    }
    await env.clock.sleep(env.random.nextU32() % 100);
  }
  return count;
}

/** Processes over one store, the first as slow as the test says. */
function twoProcesses() {
  const store = memoryStore();
  const view = pausedStore(store);
  const [slow, fast] = [envOver(view, 3), envOver(store, 4)];
  return {
    view,
    slow: { env: slow, chain: openManifest(slow, group) },
    fast: { env: fast, chain: openManifest(fast, group) },
    world: newWorld(),
  };
}

describe("two processes", () => {
  // Schedule 9.
  test("that claim the same files at the same moment: one gets them", async () => {
    const { view, slow, fast, world } = twoProcesses();
    for (let i = 0; i < 4; i++) await runDrain(fast.env, fast.chain, world);
    const files = await loadEntries(fast.env, (await fast.chain.loadNewest())!, "all");
    const merge = { ...drain, kind: "merge" } as const;
    const put = view.pauseBefore("put", PREFIX);
    const second = beginClaim(slow.env, slow.chain, { ...merge, inputs: files.slice(0, 3) });
    await put.reached;
    await beginClaim(fast.env, fast.chain, { ...merge, inputs: files.slice(2) });
    put.resume();
    await expect(second).rejects.toMatchObject({ code: "CLAIM_REFUSED" });
    const manifest = await fast.chain.loadNewest();
    expect(manifest?.claims.map(({ inputs }) => inputs)).toEqual([files.slice(2).map(idOf)]);
  });

  test("of which one stalls before its commit and is taken over: its commit is refused", async () => {
    const { view, slow, fast, world } = twoProcesses();
    await runDrain(fast.env, fast.chain, world);
    const begun = view.pauseAfter("put", PREFIX); // Its claim stands; then it sleeps.
    const stalled = runDrain(slow.env, slow.chain, world);
    await begun.reached;
    const [claim] = (await fast.chain.loadNewest())!.claims;
    await dropClaim(fast.env, fast.chain, claim!.id);
    await runDrain(fast.env, fast.chain, world);
    begun.resume();
    await expect(stalled).rejects.toMatchObject({ code: "CLAIM_LOST" });
    await checkGroup(fast.env, world);
  });

  test("of which one sleeps inside its commit while it is taken over: its commit is refused", async () => {
    const { view, slow, fast, world } = twoProcesses();
    await runDrain(fast.env, fast.chain, world);
    const id = nonceOf(fast.env.random);
    await beginClaim(slow.env, slow.chain, { ...drain, id });
    const put = view.pauseBefore("put", PREFIX);
    const stalled = runDrain(slow.env, slow.chain, world, id);
    await put.reached;
    await dropClaim(fast.env, fast.chain, id);
    await runDrain(fast.env, fast.chain, world);
    put.resume();
    await expect(stalled).rejects.toMatchObject({ code: "CLAIM_LOST" });
    await checkGroup(fast.env, world);
  });

  test("know a commit without a reply by its claim, also under more commits than the ring holds", async () => {
    for (const count of [5, 40]) {
      const { view, slow, fast, world } = twoProcesses();
      await runDrain(fast.env, fast.chain, world);
      const id = nonceOf(fast.env.random);
      await beginClaim(slow.env, slow.chain, { ...drain, id });
      const put = view.pauseAfter("put", PREFIX);
      const committing = runDrain(slow.env, slow.chain, world, id);
      await put.reached;
      for (let i = 0; i < count; i++) await runDrain(fast.env, fast.chain, world);
      for await (const { key } of listAll(fast.env.store, PREFIX)) {
        if (!key.endsWith(String((await fast.chain.loadNewest())!.version))) {
          await fast.env.store.delete(key); // Pruned without its hour of history.
        }
      }
      put.resume("after");
      await committing;
      expect(world.committed).toContain(id);
      await checkGroup(fast.env, world);
    }
  });
});

function idOf({ id }: DayFileEntry): string {
  return id;
}
