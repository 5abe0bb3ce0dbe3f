import type { ObjectStore } from "@shale/env";
import { writerOrdinal } from "@shale/model";
import { describe, expect, test } from "vitest";
import { envOver } from "../../test/log-chain.ts";
import { drainTo, hiOf, openShop, tailOf } from "../../test/pinned-shop.ts";
import { keyOfTail, putTail, shop } from "../../test/tail.ts";
import { openCatalog } from "../open-catalog.ts";
import { openPin } from "./open-pin.ts";
import { createPinMemo } from "./pin-memo.ts";

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
