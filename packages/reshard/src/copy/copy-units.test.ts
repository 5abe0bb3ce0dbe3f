import { openStore } from "@shale/engine";
import { openDayFile } from "@shale/format";
import type { EventInput } from "@shale/model";
import type { SimulatedEnv } from "@shale/testing";
import { simulatedEnv } from "@shale/testing";
import { expect, test } from "vitest";

/** More than a row group holds. */
const rowCount = 150_000;
const memoryBytesMax = 8 * 1_048_576;

function eventsFrom(first: number, count: number): EventInput[] {
  return Array.from({ length: count }, (_, i) => ({
    event: i % 3 === 0 ? "buy" : "view",
    user_id: `user-${(first + i) % 20_000}`,
    time: Date.UTC(2025, 11, 30) + first + i,
    properties: { kind: i % 7 },
  }));
}

async function storeOf(env: SimulatedEnv, options: { readonly memoryBytesMax?: number } = {}) {
  return await env.clock.holdDuring(openStore({ env, compaction: "off", ...options }));
}

/** A store with one shard-day of two row groups. */
async function largeDay(): Promise<SimulatedEnv> {
  const env = simulatedEnv({ seed: 1 });
  const store = await storeOf(env);
  const project = await store.project("p", { shards: 1 });
  for (let first = 0; first < rowCount; first += 10_000) {
    await project.append(eventsFrom(first, 10_000));
  }
  await project.compact({ mode: "full" });
  await store.close();
  return env;
}

/** Of each day file of a spec its shard, and the checksums of the users of each row group. */
async function filesOf(env: SimulatedEnv, spec: string) {
  const { entries } = await env.store.list(`p/spec=${spec}/shard=`);
  return await Promise.all(
    entries.map(async ({ key }) => {
      const object = await env.store.get(key);
      const bytes = object?.bytes ?? new Uint8Array(0);
      const footerBytes = Buffer.from(bytes).readUInt32LE(bytes.length - 8) + 8;
      const tail = bytes.subarray(bytes.length - footerBytes);
      const { chunks, footer } = openDayFile(tail, { key, size: bytes.length });
      return { shard: footer.shard, users: chunks.map(([user]) => user?.crc) };
    }),
  );
}

const events = { old: rowCount, new: rowCount };

async function reshardTo(env: SimulatedEnv, shards: number, options = {}) {
  const store = await storeOf(env, options);
  const project = await store.project("p");
  await project.reshard.begin({ shards, retention: 0 });
  expect(await project.reshard.backfill()).toMatchObject({ complete: true });
  const { matched, units } = await project.reshard.validate({ full: true });
  expect(matched).toBe(true);
  expect(units.map((unit) => ({ old: unit.old.events, new: unit.new.events }))).toEqual([events]);
  return { store, project };
}

test("a shard-day that is larger than the memory is copied in parts, with every row", async () => {
  const env = await largeDay();
  const [whole] = await filesOf(env, "A");
  expect(whole?.users).toHaveLength(2);
  await reshardTo(env, 3, { memoryBytesMax });
  const files = await filesOf(env, "B");
  expect(new Set(files.map(({ shard }) => shard)).size).toBe(3);
  expect(files).toHaveLength(6);
  env.endSimulation();
}, 120_000);

test("row groups go into twice the shards, and back into one, as they are", async () => {
  const env = await largeDay();
  const [whole] = await filesOf(env, "A");
  const { store, project } = await reshardTo(env, 2);
  const halves = await filesOf(env, "B");
  expect(halves.map(({ users }) => users)).toEqual(whole?.users.map((one) => [one]));
  await project.reshard.finalize();
  await project.reshard.collect();
  await store.close();
  const again = await reshardTo(env, 1);
  expect(await filesOf(env, "C")).toEqual([whole]);
  expect(await again.project.verify({ full: true })).toMatchObject({ findings: [] });
  env.endSimulation();
}, 120_000);
