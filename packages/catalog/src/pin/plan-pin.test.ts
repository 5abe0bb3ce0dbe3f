import { memoryStore } from "@shale/env";
import type { CatalogDocument } from "@shale/format";
import { specNameOf, writerOrdinal } from "@shale/model";
import { expect, test } from "vitest";
import { envOver } from "../../test/log-chain.ts";
import { batchOf, shop } from "../../test/tail.ts";
import { createProject } from "../projects.ts";
import { registerWriter } from "../writers.ts";
import { rowsIn } from "./pin-rows.ts";
import { firstWatermarks, laterOf, tailRefsOf } from "./plan-pin.ts";

const [A, B] = [specNameOf(0), specNameOf(1)];

async function catalogOfThree(): Promise<CatalogDocument> {
  const env = envOver(memoryStore(), 1);
  await createProject(env, { project: shop, shards: 8 });
  await registerWriter(env, shop);
  await registerWriter(env, shop);
  return (await registerWriter(env, shop)).catalog;
}

test("firstWatermarks() of the first spec stand before every tail", async () => {
  const watermarks = firstWatermarks(await catalogOfThree(), A);
  expect([...watermarks]).toEqual([1, 2, 3].map((writer) => [writer, { n: 0, lastSeq: 0 }]));
});

test("firstWatermarks() of a later spec stand at its cut; at infinity a writer takes no part", async () => {
  const cut = {
    generation: 1,
    operation: "grow",
    spec: B,
    positions: { "1": { n: 4, lastSeq: 40 } },
    infinite: [{ from: writerOrdinal(2), to: writerOrdinal(2) }],
  };
  const watermarks = firstWatermarks({ ...(await catalogOfThree()), cuts: [cut] }, B);
  expect([...watermarks]).toEqual([
    [1, { n: 4, lastSeq: 40 }],
    [3, { n: 0, lastSeq: 0 }],
  ]);
});

test("laterOf() takes the watermark where the listing saw less", () => {
  const [low, high] = [
    { n: 1, lastSeq: 10 },
    { n: 2, lastSeq: 20 },
  ];
  expect(laterOf(low, high)).toBe(high);
  expect(laterOf(high, low)).toBe(high);
});

test("tailRefsOf() names what lies above the watermark and up to hi", () => {
  const writer = writerOrdinal(1);
  const refs = tailRefsOf(
    shop,
    new Map([[writer, { n: 2, lastSeq: 20 }]]),
    new Map([
      [writer, { n: 4, lastSeq: 40 }],
      [writerOrdinal(2), { n: 1, lastSeq: 9 }],
    ]),
  );
  expect(refs.map(({ writer: ordinal, n }) => `${ordinal}/${n}`)).toEqual(["1/3", "1/4", "2/1"]);
});

test("rowsIn() shares a whole batch, cuts one that lies across, and drops the others", () => {
  const batch = batchOf(1, [10, 12, 14, 16]);
  const seqsIn = (above: number, upTo: number) => [...(rowsIn(batch, { above, upTo })?.seqs ?? [])];
  expect(rowsIn(batch, { above: 9, upTo: 16 })).toBe(batch);
  expect(seqsIn(10, 14)).toEqual([12, 14]);
  expect(seqsIn(11, 15)).toEqual([12, 14]);
  expect(seqsIn(0, 10)).toEqual([10]);
  expect(rowsIn(batch, { above: 16, upTo: 99 })).toBeUndefined();
  expect(rowsIn(batch, { above: 0, upTo: 9 })).toBeUndefined();
  expect(rowsIn(batch, { above: 12, upTo: 13 })).toBeUndefined();
});
