import type { LoggedBatch } from "@shale/columns";
import type { Env, ObjectStore } from "@shale/env";
import { memoryStore } from "@shale/env";
import type { CatalogDocument, CatalogVector } from "@shale/format";
import { projectId, specName, specNameOf, writerOrdinal } from "@shale/model";
import { describe, expect, test } from "vitest";
import { envOver } from "../../test/log-chain.ts";
import type { PausedStore } from "../../test/paused-store.ts";
import { pausedStore } from "../../test/paused-store.ts";
import { batchOf, keyOfTail, putTail, shop } from "../../test/tail.ts";
import { beginClaim } from "../manifest/begin-claim.ts";
import { closeManifest } from "../manifest/end-claims.ts";
import { openManifest } from "../manifest/open-manifest.ts";
import { manifestPrefix } from "../object-keys.ts";
import { openCatalog } from "../open-catalog.ts";
import { createProject } from "../projects.ts";
import { registerWriter } from "../writers.ts";
import { openPin } from "./open-pin.ts";
import type { Pin } from "./pin.ts";
import { createPinMemo } from "./pin-memo.ts";

interface Shop {
  /** The store behind, for what others do. */
  readonly store: ObjectStore;
  readonly view: PausedStore;
  readonly env: Env;
}

/** A project with `writerCount` writers, read through a store that can be stopped. */
async function openShop(writerCount: number): Promise<Shop> {
  const store = memoryStore();
  const outside = envOver(store, 1);
  await createProject(outside, { project: shop, shards: 200 });
  for (let i = 0; i < writerCount; i++) await registerWriter(outside, shop);
  const view = pausedStore(store);
  return { store, view, env: envOver(view, 2) };
}

function hiOf(pin: Pin): [number, number, number][] {
  return [...pin.hi].map(([writer, { n, lastSeq }]) => [writer, n, lastSeq]);
}
function tailOf(pin: Pin): string[] {
  return pin.tail.map(({ writer, n }) => `${writer}/${n}`);
}
function seqsOf(batches: readonly LoggedBatch[]): number[] {
  return batches.flatMap((batch) => [...batch.seqs]);
}

describe("openPin()", () => {
  test("stands at the head of every writer, with all objects up to it", async () => {
    const { store, env } = await openShop(3);
    await putTail(store, { writer: 1, n: 1 }, [10, 11]);
    await putTail(store, { writer: 1, n: 2 }, [12]);
    await putTail(store, { writer: 3, n: 1 }, { lastSeq: 40 });
    const pin = await openPin(env, shop);
    expect(hiOf(pin)).toEqual([
      [1, 2, 12],
      [2, 0, 0],
      [3, 1, 40],
    ]);
    expect(pin.tail).toEqual([
      { writer: 1, n: 1, key: keyOfTail(1, 1) },
      { writer: 1, n: 2, key: keyOfTail(1, 2) },
      { writer: 3, n: 1, key: keyOfTail(3, 1) },
    ]);
    expect(pin.spec).toEqual({ spec: "A", shards: 200, hash: "xxh64" });
    expect([...pin.groups.keys()]).toEqual([0, 1, 2, 3]);
    expect(pin.groups.get(2)?.watermarks.get(pin.tail[0]!.writer)).toEqual({ n: 0, lastSeq: 0 });
  });

  test("reads the catalog, then the memory, then the heads, and the manifests last", async () => {
    const { store, view, env } = await openShop(1);
    await putTail(store, { writer: 1, n: 1 }, [10]);
    const order: string[] = [];
    await openPin(env, shop, {
      takeMemory: () => {
        order.push(...view.calls, "memory");
        return [];
      },
    });
    order.push(...view.calls.slice(order.length - 1));
    const parts = order.map((call) => /catalog|memory|tail|manifest/.exec(call)?.[0]);
    expect([...new Set(parts)]).toEqual(["catalog", "memory", "tail", "manifest"]);
    expect(parts.lastIndexOf("catalog")).toBeLessThan(parts.indexOf("memory"));
    expect(parts.lastIndexOf("tail")).toBeLessThan(parts.indexOf("manifest"));
  });

  test("with a memo lists only what is new, and reads each head once", async () => {
    const { store, view, env } = await openShop(1);
    for (let n = 1; n <= 5; n++) await putTail(store, { writer: 1, n }, [n * 10]);
    const memo = createPinMemo(env, shop);
    const first = await openPin(env, shop, {}, memo);
    const callCount = view.calls.length;
    const second = await openPin(env, shop, {}, memo);
    expect(second).toEqual(first);
    expect(view.calls.slice(callCount).filter((call) => call.startsWith("get"))).toEqual([]);
    await putTail(store, { writer: 1, n: 6 }, [60]);
    const third = await openPin(env, shop, {}, memo);
    expect(tailOf(third)).toEqual(["1/1", "1/2", "1/3", "1/4", "1/5", "1/6"]);
    expect(hiOf(third)).toEqual([[1, 6, 60]]);
  });

  test("asks by name for what the listing did not show, and keeps it", async () => {
    const { store, view, env } = await openShop(1);
    for (let n = 1; n <= 3; n++) await putTail(store, { writer: 1, n }, [n * 10]);
    const hiding: ObjectStore = {
      ...view,
      async list(prefix, options) {
        const page = await view.list(prefix, options);
        return { ...page, entries: page.entries.filter(({ key }) => key !== keyOfTail(1, 2)) };
      },
    };
    const pin = await openPin({ ...env, store: hiding }, shop);
    expect(tailOf(pin)).toEqual(["1/1", "1/2", "1/3"]);
    expect(view.calls).toContain(`head ${keyOfTail(1, 2)}`);
  });

  test("pins again at a gap, and calls the object missing when nothing has drained it", async () => {
    const { store, view, env } = await openShop(1);
    await putTail(store, { writer: 1, n: 1 }, [10]);
    await putTail(store, { writer: 1, n: 3 }, [30]);
    const asking = view.pauseAfter("head", keyOfTail(1, 2));
    const pinning = openPin(env, shop);
    await asking.reached;
    await putTail(store, { writer: 1, n: 2 }, [20]);
    asking.resume();
    expect(tailOf(await pinning)).toEqual(["1/1", "1/2", "1/3"]);

    await store.delete(keyOfTail(1, 2));
    const missing = { code: "OBJECT_MISSING", details: { key: keyOfTail(1, 2) } };
    await expect(openPin(env, shop)).rejects.toMatchObject(missing);
  });

  test("gives up with PIN_UNSTABLE when the store never stands still", async () => {
    const { env } = await openShop(1);
    const stranger = { takeMemory: () => [batchOf(7, [1])] };
    await expect(openPin(env, shop, stranger)).rejects.toMatchObject({ code: "PIN_UNSTABLE" });
  });

  test("lists neither retired writers nor strangers", async () => {
    const { store, env } = await openShop(2);
    await openCatalog(env, shop).commit((newest) => {
      const [first, second] = newest!.writers;
      const retired = [{ from: first!.ordinal, to: first!.ordinal }];
      return { ...newest!, writers: [second!], retired };
    });
    for (const writer of [1, 2, 9]) await putTail(store, { writer, n: 1 }, [writer]);
    const pin = await openPin(env, shop);
    expect(tailOf(pin)).toEqual(["2/1"]);
    expect([...pin.hi.keys()]).toEqual([2]);
  });

  test("keeps the tail of a forgotten writer", async () => {
    const { store, env } = await openShop(1);
    await putTail(store, { writer: 1, n: 1 }, [10]);
    await openCatalog(env, shop).commit((newest) => ({
      ...newest!,
      writers: newest!.writers.map((one) => ({ ...one, forgotten: { lastSeq: 10, atMs: 1 } })),
    }));
    expect(tailOf(await openPin(env, shop))).toEqual(["1/1"]);
  });

  test("refuses what it cannot read: manifests, loads, damaged heads, unknown places", async () => {
    const { store, env } = await openShop(1);
    const refused = (code: string) => expect.objectContaining({ code }) as unknown;
    await expect(openPin(env, projectId("none"))).rejects.toEqual(refused("PROJECT_NOT_FOUND"));
    const foreign = openPin(env, shop, { spec: specName("C") });
    await expect(foreign).rejects.toEqual(refused("OPTION_INVALID"));
    await expect(openPin(env, shop, { groups: [4] })).rejects.toEqual(refused("OPTION_INVALID"));

    await store.put(keyOfTail(1, 1), new Uint8Array(200), { ifAbsent: true });
    await expect(openPin(env, shop)).rejects.toEqual(refused("OBJECT_CORRUPT"));
    await store.delete(keyOfTail(1, 1));

    const manifest = `${manifestPrefix(shop, specNameOf(0), 3)}0000000000000001`;
    await store.put(manifest, new Uint8Array(1), { ifAbsent: true });
    await expect(openPin(env, shop)).rejects.toEqual(refused("OBJECT_CORRUPT"));
    await store.delete(manifest);

    await openCatalog(env, shop).commit((newest) => ({
      ...newest!,
      nextOrdinal: 3,
      loads: [{ id: "x", ordinal: newest!.nextOrdinal as never, shards: 8, adoptedMs: 1 }],
    }));
    await expect(openPin(env, shop)).rejects.toEqual(refused("FORMAT_UNKNOWN"));
  });

  test("reads a later spec from its cut on", async () => {
    const { store, env } = await openShop(2);
    for (let n = 1; n <= 3; n++) await putTail(store, { writer: 1, n }, [n * 10]);
    await openCatalog(env, shop).commit((newest) => withPendingSpec(newest!));
    await openCatalog(env, shop).commit((newest) => ({
      ...newest!,
      cutPending: null,
      cuts: [
        {
          generation: 1,
          operation: "grow",
          spec: specNameOf(1),
          positions: { "1": { n: 2, lastSeq: 20 }, "2": { n: 0, lastSeq: 0 } },
          infinite: [],
        },
      ],
    }));
    await registerWriter(env, shop);
    await putTail(store, { writer: 3, n: 1 }, [99]);
    const pin = await openPin(env, shop, { spec: specNameOf(1) });
    expect(tailOf(pin)).toEqual(["1/3", "3/1"]);
    expect(pin.groups.get(0)?.watermarks.get(pin.tail[0]!.writer)).toEqual({ n: 2, lastSeq: 20 });
    expect(tailOf(await openPin(env, shop))).toEqual(["1/1", "1/2", "1/3", "3/1"]);
  });
});

function withPendingSpec(catalog: CatalogDocument): CatalogDocument {
  const [first] = catalog.specs;
  const spec = specNameOf(1);
  return {
    ...catalog,
    specs: [...catalog.specs, { ...first!, spec, shards: 32 }],
    fed: [...catalog.fed, spec],
    cutPending: { operation: "grow" },
    transitions: [
      {
        ...{ number: 1, operation: "grow", verb: "begin", from: "steady", to: "teeing" },
        ...{ atMs: 1, by: "ann", facts: {} },
      },
    ],
    operation: {
      id: "grow",
      source: specNameOf(0),
      spec,
      strategy: "tee",
      state: "teeing",
      paused: false,
      startedMs: 1,
      horizonDay: null,
      rollbackMs: 0,
      finalizedMs: null,
      token: null,
      sourceMissed: false,
      throttle: { bytesPerSecond: null, concurrency: 1 },
      lastError: null,
    },
  };
}

describe("rows in memory (W6)", () => {
  test("count above the lastSeq of their writer at hi; a batch across it is cut", async () => {
    const { store, env } = await openShop(2);
    await putTail(store, { writer: 1, n: 1 }, [10, 11, 12]);
    const memory = [
      batchOf(1, [10, 11]),
      batchOf(1, [12, 13, 14]),
      batchOf(1, [15]),
      batchOf(2, [7]),
    ];
    const pin = await openPin(env, shop, { takeMemory: () => memory });
    expect(seqsOf(pin.memory)).toEqual([13, 14, 15, 7]);
    expect(pin.memory[1]).toBe(memory[2]);
  });

  // Schedule 13.
  test("are there once when their put lands without a reply while the pin is taken", async () => {
    const { store, view, env } = await openShop(1);
    let memory = [batchOf(1, [10, 11])];
    const listing = view.pauseBefore("list", "/tail/");
    const pinning = openPin(env, shop, { takeMemory: () => memory });
    await listing.reached;
    await putTail(store, { writer: 1, n: 1 }, [10, 11]);
    memory = []; // Freed after the heads are in sight, and after this pin took it.
    listing.resume();
    const pin = await pinning;
    expect(tailOf(pin)).toEqual(["1/1"]);
    expect(pin.memory).toEqual([]);
  });

  test("are there once when their put lands after the heads were read", async () => {
    const { store, view, env } = await openShop(1);
    const listing = view.pauseAfter("list", "/tail/");
    const pinning = openPin(env, shop, { takeMemory: () => [batchOf(1, [10, 11])] });
    await listing.reached;
    await putTail(store, { writer: 1, n: 1 }, [10, 11]);
    listing.resume();
    const pin = await pinning;
    expect(tailOf(pin)).toEqual([]);
    expect(seqsOf(pin.memory)).toEqual([10, 11]);
  });

  test("of a writer that registered after the catalog was read make the pin start again", async () => {
    const { store, view, env } = await openShop(1);
    const reading = view.pauseAfter("get", "/catalog/");
    const pinning = openPin(env, shop, { takeMemory: () => [batchOf(2, [5])] });
    await reading.reached;
    await registerWriter(envOver(store, 3), shop);
    reading.resume();
    const pin = await pinning;
    expect(seqsOf(pin.memory)).toEqual([5]);
    expect([...pin.hi.keys()]).toEqual([1, 2]);
  });
});

describe("schedules of the protocol", () => {
  test("1: a scan that misses a new object and its deleted predecessor is not believed", async () => {
    const { store, view, env } = await openShop(1);
    await putTail(store, { writer: 1, n: 1 }, [10]);
    const scanning: ObjectStore = {
      ...view,
      async list(prefix, options) {
        const page = await view.list(prefix, options);
        return prefix.includes("/tail/") ? { ...page, entries: [] } : page;
      },
    };
    const listing = view.pauseAfter("list", "/tail/");
    const pinning = openPin({ ...env, store: scanning }, shop, { groups: [0] });
    await listing.reached;
    await putTail(store, { writer: 1, n: 2 }, [20]);
    await drainTo(store, 0, { "1": { n: 1, lastSeq: 10 } });
    await store.delete(keyOfTail(1, 1));
    listing.resume();
    // Object 2 was made after the listing began: the cut is at the watermark, not below it.
    expect(hiOf(await pinning)).toEqual([[1, 1, 10]]);
    expect(hiOf(await openPin(env, shop, { groups: [0] }))).toEqual([[1, 2, 20]]);
  });

  test("1: a head that vanishes before its header is read is looked for again", async () => {
    const { store, view, env } = await openShop(1);
    await putTail(store, { writer: 1, n: 1 }, [10]);
    const header = view.pauseBefore("get", "/tail/");
    const pinning = openPin(env, shop);
    await header.reached;
    await store.delete(keyOfTail(1, 1));
    header.resume();
    expect(hiOf(await pinning)).toEqual([[1, 0, 0]]);
  });

  test("2: a writer that retires during a pin is not read from a catalog that lists it", async () => {
    const { store, view, env } = await openShop(2);
    await putTail(store, { writer: 1, n: 1 }, [10]);
    await putTail(store, { writer: 2, n: 1 }, [20]);
    const memo = createPinMemo(env, shop);
    await openPin(env, shop, {}, memo);
    await openCatalog(envOver(store, 5), shop).commit((newest) => ({
      ...newest!,
      writers: newest!.writers.slice(1),
      retired: [{ from: newest!.writers[0]!.ordinal, to: newest!.writers[0]!.ordinal }],
    }));
    expect(view.calls.length).toBeGreaterThan(0);
    expect(tailOf(await openPin(env, shop, {}, memo))).toEqual(["2/1"]);
  });

  test("2: a writer that is infinite in a manifest is not read by a pin that still lists it", async () => {
    const { store, env } = await openShop(2);
    await putTail(store, { writer: 1, n: 1 }, [10]);
    await putTail(store, { writer: 1, n: 2 }, { lastSeq: 10 });
    await putTail(store, { writer: 2, n: 1 }, [20]);
    const infinite = [{ from: writerOrdinal(1), to: writerOrdinal(1) }];
    for (const group of [0, 1, 2, 3]) await drainTo(store, group, {}, infinite);
    expect(tailOf(await openPin(env, shop))).toEqual(["2/1"]);
  });
});

/** A group's first manifest, with the watermarks that a drain would have left. */
async function drainTo(
  store: ObjectStore,
  group: number,
  positions: CatalogVector["positions"],
  infinite: CatalogVector["infinite"] = [],
): Promise<void> {
  const outside = envOver(store, 77 + group);
  const place = { project: shop, spec: specNameOf(0), group };
  const chain = openManifest(outside, place);
  const first = { positions, infinite };
  await beginClaim(outside, chain, { ...place, kind: "drain", inputs: [], first });
}

describe("groups that were drained", () => {
  test("stand at their own watermarks, and the pin reads what any of them needs", async () => {
    const { store, env } = await openShop(1);
    for (let n = 1; n <= 3; n++) await putTail(store, { writer: 1, n }, [n * 10]);
    for (const group of [0, 1, 2]) await drainTo(store, group, { "1": { n: 2, lastSeq: 20 } });
    await drainTo(store, 3, { "1": { n: 1, lastSeq: 10 } });
    const pin = await openPin(env, shop);
    expect(tailOf(pin)).toEqual(["1/2", "1/3"]);
    const writer = pin.tail[0]!.writer;
    const watermarks = [...pin.groups.values()].map((group) => group.watermarks.get(writer)?.n);
    expect(watermarks).toEqual([2, 2, 2, 1]);
    expect(pin.groups.get(3)?.manifest?.version).toBe(1);
  });

  test("are listed above the lowest watermark that is remembered, also in a cold start", async () => {
    const { store, view, env } = await openShop(1);
    for (let n = 1; n <= 3; n++) await putTail(store, { writer: 1, n }, [n * 10]);
    const memo = createPinMemo(env, shop);
    await openPin(env, shop, {}, memo);
    for (const group of [0, 1, 2, 3]) await drainTo(store, group, { "1": { n: 2, lastSeq: 20 } });
    await store.delete(keyOfTail(1, 1));
    await store.delete(keyOfTail(1, 2));
    expect(tailOf(await openPin(env, shop, {}, memo))).toEqual(["1/3"]);
    expect(tailOf(await openPin(env, shop))).toEqual(["1/3"]);
    expect(view.calls.some((call) => call === `head ${keyOfTail(1, 2)}`)).toBe(false);
  });

  test("of a closed manifest, or with a writer that the catalog does not know, are pinned again", async () => {
    const { store, view, env } = await openShop(1);
    const catalog = view.pauseAfter("get", "/catalog/");
    const pinning = openPin(env, shop);
    await catalog.reached;
    await registerWriter(envOver(store, 5), shop);
    await putTail(store, { writer: 2, n: 1 }, [20]);
    await drainTo(store, 1, { "2": { n: 1, lastSeq: 20 } });
    catalog.resume();
    expect(hiOf(await pinning)).toEqual([
      [1, 0, 0],
      [2, 1, 20],
    ]);
    const place = { project: shop, spec: specNameOf(0), group: 1 };
    const outside = envOver(store, 6);
    await closeManifest(outside, openManifest(outside, place), place);
    await expect(openPin(env, shop)).rejects.toMatchObject({ code: "PIN_UNSTABLE" });
  });

  test("give a snapshot the manifests that it stood on, as long as they are kept", async () => {
    const { store, env } = await openShop(1);
    await putTail(store, { writer: 1, n: 1 }, [10]);
    const { snapshot } = await openPin(env, shop);
    for (const group of [0, 1, 2, 3]) await drainTo(store, group, { "1": { n: 1, lastSeq: 10 } });
    const before = await openPin(env, shop, { snapshot });
    expect(tailOf(before)).toEqual(["1/1"]);
    expect(before.groups.get(0)?.manifest).toBeUndefined();
    const drained = await openPin(env, shop);
    expect(tailOf(drained)).toEqual([]);
    await store.delete(keyOfTail(1, 1));
    await expect(openPin(env, shop, { snapshot })).rejects.toMatchObject({
      code: "SNAPSHOT_EXPIRED",
    });
    expect(tailOf(await openPin(env, shop, { snapshot: drained.snapshot }))).toEqual([]);
    await store.delete(`${manifestPrefix(shop, specNameOf(0), 2)}0000000000000001`);
    await expect(openPin(env, shop, { snapshot: drained.snapshot })).rejects.toMatchObject({
      code: "SNAPSHOT_EXPIRED",
    });
  });
});
