import type { WriterOrdinal } from "@shale/model";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { DrainPolicy, ListedTail } from "./plan-drains.ts";
import { drainDefaults, planDrainRange, planDrains, sizeOf } from "./plan-drains.ts";

const due: DrainPolicy = { ...drainDefaults, mode: "due" };
const full: DrainPolicy = { ...drainDefaults, mode: "full" };

function tailOf(...writers: readonly (readonly number[])[]): ListedTail {
  return new Map(
    writers.map((sizes, i) => [
      (i + 1) as WriterOrdinal,
      sizes.map((bytes, at) => ({ n: at + 1, bytes })),
    ]),
  );
}

test("planDrains() takes a group by bytes or by objects, and by hand whatever it holds", () => {
  const groups = [
    { group: 0, tail: tailOf([100, 100]) },
    { group: 1, tail: tailOf([due.bytesMin]) },
    { group: 2, tail: tailOf(new Array<number>(600).fill(1)) },
    { group: 3, tail: tailOf([]) },
  ];
  expect(planDrains(groups, due).map(({ group }) => group)).toEqual([1, 2]);
  expect(planDrains(groups, full).map(({ group }) => group)).toEqual([1, 2, 0]);
});

test("planDrainRange() is a bounded beginning of each writer's tail, one object at least", () => {
  const tails = fc
    .array(fc.array(fc.integer({ min: 96, max: 5_000 }), { maxLength: 12 }), { maxLength: 5 })
    .map((sizes) => tailOf(...sizes));
  const limits = fc.record({
    bytesMax: fc.integer({ min: 1, max: 40_000 }),
    objectCountMax: fc.integer({ min: 1, max: 20 }),
  });
  fc.assert(
    fc.property(tails, limits, (tail, limit) => {
      const { upTo, bytes, objectCount } = planDrainRange(tail, limit);
      const taken = new Map(
        [...upTo].map(([writer, n]) => [writer, tail.get(writer)!.filter((one) => one.n <= n)]),
      );
      expect(sizeOf(taken)).toEqual({ bytes, objectCount });
      const all = sizeOf(tail);
      expect(objectCount > 0).toBe(all.objectCount > 0);
      if (objectCount > 1) expect(bytes).toBeLessThanOrEqual(limit.bytesMax);
      expect(objectCount).toBeLessThanOrEqual(limit.objectCountMax);
      if (all.bytes <= limit.bytesMax && all.objectCount <= limit.objectCountMax) {
        expect(objectCount).toBe(all.objectCount);
      }
    }),
  );
});

test("planDrainRange() lets no writer wait for another's long tail", () => {
  const { upTo } = planDrainRange(tailOf([10, 10, 10, 10, 10, 10], [10, 10], [10]), {
    bytesMax: 60,
    objectCountMax: 100,
  });
  expect([...upTo]).toEqual([
    [1, 3],
    [2, 2],
    [3, 1],
  ]);
});
