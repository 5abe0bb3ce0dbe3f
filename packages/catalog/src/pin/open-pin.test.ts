import type { ObjectStore } from "@shale/env";
import type { CatalogDocument } from "@shale/format";
import { projectId, specName, specNameOf } from "@shale/model";
import { describe, expect, test } from "vitest";
import { hiOf, openShop, tailOf } from "../../test/pinned-shop.ts";
import { batchOf, keyOfTail, putTail, shop } from "../../test/tail.ts";
import { manifestPrefix } from "../object-keys.ts";
import { openCatalog } from "../open-catalog.ts";
import { registerWriter } from "../writers.ts";
import { openPin } from "./open-pin.ts";
import { createPinMemo } from "./pin-memo.ts";

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
      throttle: { bytesPerSecond: null, concurrency: 1, window: null },
      lastError: null,
    },
  };
}
