import { tailKey } from "@shale/catalog";
import { digestsByGeneration, storedBatchOf, sumGenerations } from "@shale/columns";
import type { CatalogCut } from "@shale/format";
import { decodeTailObject } from "@shale/format";
import type { Day, TailNumber, WriterOrdinal } from "@shale/model";
import { specName } from "@shale/model";
import { simulatedEnv } from "@shale/testing";
import { describe, expect, test } from "vitest";
import { createWorld, DAY, flush, project, rowAt } from "../../test/world.ts";
import type { DrainInput, DrainOutput } from "./drain-task.ts";
import { drainObjects } from "./drain-task.ts";
import { generationAt } from "./generation-at.ts";
import { verifyFile } from "./verify-task.ts";

const writer = 1 as WriterOrdinal;
const cut: CatalogCut = {
  positions: { 1: { n: 2, lastSeq: 47 } },
  infinite: [],
  generation: 1,
  operation: "op",
  spec: specName("B"),
};

async function inputOf(shards: number, options: Partial<DrainInput> = {}): Promise<DrainInput> {
  const env = simulatedEnv({ seed: 1 });
  const world = await createWorld(env, { shards });
  for (let i = 0; i < 4; i++) {
    await flush(
      env,
      world,
      Array.from({ length: 25 }, (_, k) => rowAt(25 * i + k, { user: `u${(25 * i + k) % 40}` })),
    );
  }
  const objects = [];
  for (let n = 1; n <= 4; n++) {
    const key = tailKey(project, writer, n as TailNumber);
    const { bytes } = (await env.store.get(key))!;
    objects.push({ key, writer, n: n as TailNumber, bytes });
  }
  return {
    place: { project, spec: specName("A"), shards },
    groups: [0],
    slice: { index: 0, count: 1 },
    cuts: [],
    firstDay: null,
    tombstones: { key: "00".repeat(16), tombstones: [] },
    compression: "none",
    objects,
    ...options,
  };
}

function filesOf({ groups }: DrainOutput) {
  return groups
    .flatMap(({ files }) => files)
    .map(({ shard, day, bytes, footer }) => ({
      name: `${shard}/${day}/${footer.generations.map(({ generation }) => generation).join()}`,
      bytes: Buffer.from(bytes).toString("hex"),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

describe("drainObjects()", () => {
  test.each([
    [1, 2, {}],
    [3, 2, { cuts: [cut] }],
    [8, 3, { firstDay: (DAY + 1) as Day }],
    [64, 5, { cuts: [cut], firstDay: (DAY + 2) as Day }],
  ])("in slices gives the files of one task: %s shards, %s slices", async (shards, count, more) => {
    const input = await inputOf(shards, more);
    const whole = drainObjects(input);
    const slices = Array.from({ length: count }, (_, index) =>
      drainObjects({ ...input, slice: { index, count } }),
    );
    expect(slices.flatMap(filesOf).sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual(
      filesOf(whole),
    );
    const [own] = whole.groups;
    const groups = slices.flatMap((slice) => slice.groups);
    expect(sumGenerations(...groups.map(({ range }) => range))).toEqual(own?.range);
    expect(sumGenerations(...groups.map(({ expired }) => expired))).toEqual(own?.expired);
    expect(slices.every(({ ends }) => ends[0]?.n === 4)).toBe(true);
  });

  test("tells the digests of the tail, which are those of the files as they are read", async () => {
    const input = await inputOf(5, { cuts: [cut] });
    const { groups } = drainObjects(input);
    const range = input.objects.map(({ key, bytes }) =>
      digestsByGeneration(
        storedBatchOf(decodeTailObject(bytes, { key }).batch!, (seq) =>
          generationAt([cut], writer, seq),
        ),
      ),
    );
    expect(groups[0]?.range).toEqual(sumGenerations(...range));
    const files = groups.flatMap((group) => group.files);
    const read = files.map(({ bytes, footerBytes }) =>
      verifyFile({ key: "x", bytes, footerBytes }),
    );
    expect(sumGenerations(...read.map(({ generations }) => generations))).toEqual(groups[0]?.range);
    files.forEach(({ footer }, index) => {
      expect(footer.generations).toEqual(read[index]?.generations);
      expect(footer.generations.length).toBe(1);
    });
  });

  test("takes only the groups that are wanted apart, each by itself", async () => {
    const input = await inputOf(200);
    const both = drainObjects({ ...input, groups: [2, 0] }).groups;
    expect(both.map(({ group }) => group)).toEqual([2, 0]);
    for (const own of both) {
      expect(own.files.length).toBeGreaterThan(0);
      expect(own.files.every(({ shard }) => Math.floor(shard / 64) === own.group)).toBe(true);
      expect(drainObjects({ ...input, groups: [own.group] }).groups).toEqual([own]);
    }
  });
});
