import type { LoggedBatch } from "@shale/columns";
import type { Env } from "@shale/env";
import { memoryStore } from "@shale/env";
import { chainVersion, projectId, ShaleError, specNameOf, writerOrdinal } from "@shale/model";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { envOver } from "../../test/log-chain.ts";
import { batchOf, keyOfTail, putTail, shop } from "../../test/tail.ts";
import { createProject } from "../projects.ts";
import { registerWriter } from "../writers.ts";
import { openPin } from "./open-pin.ts";
import { decodeSnapshot, encodeSnapshot } from "./pin-snapshot.ts";

async function openShop(): Promise<Env> {
  const env = envOver(memoryStore(), 1);
  await createProject(env, { project: shop, shards: 8 });
  await registerWriter(env, shop);
  return env;
}
const seqsOf = (batches: readonly LoggedBatch[]) => batches.flatMap((batch) => [...batch.seqs]);

test("encodeSnapshot() and decodeSnapshot() give back every snapshot", () => {
  const whole = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
  const position = fc
    .record({ n: whole, lastSeq: whole, memoryRows: whole, memorySeq: whole })
    .map((one) => (one.memoryRows === 0 ? { ...one, memorySeq: 0 } : one));
  const snapshot = fc.record({
    project: fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,62}$/).map(projectId),
    catalogVersion: fc.integer({ min: 1 }).map(chainVersion),
    spec: fc.nat(800).map(specNameOf),
    writers: fc
      .array(fc.tuple(fc.integer({ min: 1 }).map(writerOrdinal), position))
      .map((entries) => new Map(entries)),
    manifests: fc
      .array(fc.tuple(fc.nat(1023), fc.integer({ min: 1 }).map(chainVersion)))
      .map((entries) => new Map(entries)),
    tombstones: fc.record({
      live: fc.array(fc.integer({ min: 1 })),
      next: fc.integer({ min: 1 }),
    }),
  });
  fc.assert(
    fc.property(snapshot, (value) => {
      const text = encodeSnapshot(value);
      expect(text).toMatch(/^[A-Za-z0-9_-]+$/);
      expect(decodeSnapshot(text)).toEqual({ ...value });
    }),
  );
});

test("decodeSnapshot() refuses everything else as an invalid option", () => {
  const json = fc.json().map((text) => Buffer.from(text).toString("base64url"));
  fc.assert(
    fc.property(fc.oneof(fc.string(), json), (text) => {
      expect(() => decodeSnapshot(text)).toThrow(ShaleError);
    }),
  );
  const almost = [
    [3, "shop", 1, "A", [], []],
    [2, "shop", 1, "A", [], [], [1]],
    [4, "shop", 1, "A", [], [], [1]],
    [3, "shop", 0, "A", [], [], [1]],
    [3, "shop", 1, "a", [], [], [1]],
    [3, "shop", 1, "A", [[1, 2]], [], [1]],
    [3, "shop", 1, "A", [[0, 1, 2]], [], [1]],
    [3, "shop", 1, "A", [[1, -1, 2]], [], [1]],
    [3, "shop", 1, "A", [], [[0]], [1]],
    [3, "shop", 1, "A", [], [[0, 0]], [1]],
    [3, "shop", 1, "A", [], [[-1, 1]], [1]],
    [3, "shop", 1, "A", [], [], []],
    [3, "shop", 1, "A", [], [], [0]],
    [3, "shop", 1, "A", [], [], [2, "1"]],
  ];
  for (const parts of almost) {
    const text = Buffer.from(JSON.stringify(parts)).toString("base64url");
    expect(() => decodeSnapshot(text)).toThrow(/not one that an answer named/);
  }
});

describe("openPin({ snapshot })", () => {
  test("stands at the old cut while the tail grows", async () => {
    const env = await openShop();
    await putTail(env.store, { writer: 1, n: 1 }, [10]);
    const old = await openPin(env, shop);
    await putTail(env.store, { writer: 1, n: 2 }, [20]);
    await registerWriter(env, shop);
    await putTail(env.store, { writer: 2, n: 1 }, [30]);
    expect((await openPin(env, shop)).tail.length).toBe(3);
    const again = await openPin(env, shop, { snapshot: old.snapshot });
    expect(again.hi).toEqual(old.hi);
    expect(again.tail).toEqual(old.tail);
    expect(again.snapshot).toBe(old.snapshot);
  });

  test("finds the rows that were in memory, whatever part of them was flushed since", async () => {
    const env = await openShop();
    await putTail(env.store, { writer: 1, n: 1 }, [10]);
    const memory = [batchOf(1, [11, 12]), batchOf(1, [13])];
    const old = await openPin(env, shop, { takeMemory: () => memory });
    const later = [...memory, batchOf(1, [14])];
    const inMemory = await openPin(env, shop, {
      snapshot: old.snapshot,
      takeMemory: () => later,
    });
    expect(seqsOf(inMemory.memory)).toEqual([11, 12, 13]);

    await putTail(env.store, { writer: 1, n: 2 }, [11, 12]);
    const half = await openPin(env, shop, { snapshot: old.snapshot, takeMemory: () => later });
    expect(half.tail.map(({ n }) => n)).toEqual([1]);
    expect(seqsOf(half.memory)).toEqual([11, 12, 13]);

    await putTail(env.store, { writer: 1, n: 3 }, [13, 14]);
    await putTail(env.store, { writer: 1, n: 4 }, [15]);
    const flushed = await openPin(env, shop, { snapshot: old.snapshot });
    expect(seqsOf(flushed.memory)).toEqual([11, 12, 13]);
  });

  test("has expired when rows or objects of it are gone", async () => {
    const env = await openShop();
    await putTail(env.store, { writer: 1, n: 1 }, [10]);
    await putTail(env.store, { writer: 1, n: 2 }, [20]);
    const withMemory = await openPin(env, shop, { takeMemory: () => [batchOf(1, [30, 31])] });
    const expired = { code: "SNAPSHOT_EXPIRED" };
    await expect(openPin(env, shop, { snapshot: withMemory.snapshot })).rejects.toMatchObject(
      expired,
    );
    const plain = await openPin(env, shop);
    await env.store.delete(keyOfTail(1, 1));
    await expect(openPin(env, shop, { snapshot: plain.snapshot })).rejects.toMatchObject(expired);
  });

  test("belongs to one project", async () => {
    const env = await openShop();
    const other = projectId("other");
    await createProject(env, { project: other, shards: 8 });
    const { snapshot } = await openPin(env, other);
    await expect(openPin(env, shop, { snapshot })).rejects.toMatchObject({
      code: "OPTION_INVALID",
      path: "snapshot",
    });
  });
});
