import fc from "fast-check";
import { expect, it } from "vitest";
import { assignShards } from "./assign-shards.ts";

const shards = fc.integer({ min: 1, max: 300 });
const executors = fc.integer({ min: 1, max: 9 });

it("gives each shard to one executor, and none more than one above another", () => {
  fc.assert(
    fc.property(shards, executors, (shardCount, executorCount) => {
      const assigned = assignShards(shardCount, executorCount);
      expect(assigned.length).toBe(executorCount);
      const all = assigned.flat().sort((a, b) => a - b);
      expect(all).toEqual(Array.from({ length: shardCount }, (_, shard) => shard));
      const sizes = assigned.map(({ length }) => length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      expect(assignShards(shardCount, executorCount)).toEqual(assigned);
    }),
  );
});

it("leaves most shards where they are when an executor comes", () => {
  const [before, after] = [assignShards(640, 4), assignShards(640, 5)];
  const stayed = before.map((own, i) => own.filter((shard) => after[i]?.includes(shard)).length);
  expect(stayed.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(640 * 0.7);
});
