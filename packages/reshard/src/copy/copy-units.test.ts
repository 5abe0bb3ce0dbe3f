import { openStore } from "@shale/engine";
import type { EventInput } from "@shale/model";
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
  }));
}

test("a shard-day that is larger than the memory is copied in parts, with every row", async () => {
  const env = simulatedEnv({ seed: 1 });
  const large = await env.clock.holdDuring(openStore({ env, compaction: "off" }));
  const writing = await large.project("p", { shards: 1 });
  for (let first = 0; first < rowCount; first += 10_000) {
    await writing.append(eventsFrom(first, 10_000));
  }
  await writing.compact({ mode: "full" });
  await large.close();
  const filesOf = async (spec: string) => {
    const { entries } = await env.store.list(`p/spec=${spec}/shard=`);
    return entries.map(({ key }) => key.split("/").slice(0, 4).join("/"));
  };
  expect(await filesOf("A")).toHaveLength(1);

  const store = await env.clock.holdDuring(openStore({ env, compaction: "off", memoryBytesMax }));
  const { reshard } = await store.project("p");
  await reshard.begin({ shards: 3 });
  await reshard.backfill();
  const files = await filesOf("B");
  expect(new Set(files).size).toBe(3);
  expect(files).toHaveLength(6);
  const { matched, units } = await reshard.validate({ full: true });
  expect(matched).toBe(true);
  expect(units.map((unit) => unit.new.events)).toEqual([rowCount]);
  env.endSimulation();
}, 120_000);
