import type { LoggedBatch } from "@shale/columns";
import { describe, expect, test } from "vitest";
import { envOver } from "../../test/log-chain.ts";
import { openShop, tailOf } from "../../test/pinned-shop.ts";
import { batchOf, putTail, shop } from "../../test/tail.ts";
import { registerWriter } from "../writers.ts";
import { openPin } from "./open-pin.ts";

function seqsOf(batches: readonly LoggedBatch[]): number[] {
  return batches.flatMap((batch) => [...batch.seqs]);
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
