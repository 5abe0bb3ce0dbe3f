import { specNameOf } from "@shale/model";
import { describe, expect, test } from "vitest";
import { envOver } from "../../test/log-chain.ts";
import { drainTo, hiOf, openShop, tailOf } from "../../test/pinned-shop.ts";
import { keyOfTail, putTail, shop } from "../../test/tail.ts";
import { closeManifest } from "../manifest/end-claims.ts";
import { openManifest } from "../manifest/open-manifest.ts";
import { manifestPrefix } from "../object-keys.ts";
import { registerWriter } from "../writers.ts";
import { openPin } from "./open-pin.ts";
import { createPinMemo } from "./pin-memo.ts";

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
