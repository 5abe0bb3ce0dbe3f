import type { DayFileEntry } from "@shale/format";
import { dayOf, shardId, writerOrdinal } from "@shale/model";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CopyUnit, SourceDay } from "./plan-units.ts";
import { groupsFedBy, planCopyJobs, planUnits } from "./plan-units.ts";

const DAY_MS = 86_400_000;
const upTo = { positions: { "1": { n: 2, lastSeq: 20 } }, infinite: [] };

function file(facts: { shard?: number; day?: number; min?: number; max?: number; bytes?: number }) {
  const { shard = 0, day = 1, min = 1, max = 10, bytes = 100 } = facts;
  const seqs = [{ writer: writerOrdinal(1), min, max }];
  return {
    shard: shardId(shard, 4096),
    day: dayOf(day * DAY_MS),
    bytes,
    seqs,
  } as unknown as DayFileEntry;
}

function dayWith(files: readonly DayFileEntry[]): SourceDay {
  const [{ shard, day }] = files as [DayFileEntry];
  return { shard, day, files, upTo };
}

describe("groupsFedBy()", () => {
  test("names the groups that have a shard with a user of the source shard, and no other", () => {
    const shards = fc.integer({ min: 1, max: 300 });
    fc.assert(
      fc.property(shards, shards, fc.nat({ max: 299 }), (from, to, at) => {
        const shard = at % from;
        // Every hash with this rest by `from`, up to their least common multiple and beyond.
        const groups = new Set<number>();
        for (let hash = shard; hash < from * to; hash += from)
          groups.add(Math.floor((hash % to) / 64));
        expect(groupsFedBy(shard, { from, to })).toEqual([...groups].sort((a, b) => a - b));
      }),
      { numRuns: 300 },
    );
  });
});

describe("planUnits()", () => {
  const pair = { from: 2, to: 6 };

  test("has no unit for a day whose rows all lie above its vector", () => {
    expect(planUnits([dayWith([file({ min: 21, max: 30 })])], pair, () => [])).toEqual([]);
  });

  test("needs the files with rows between what was copied and the vector", () => {
    const [old, fresh, later] = [
      file({ min: 1, max: 10 }),
      file({ min: 11, max: 20 }),
      file({ min: 21, max: 30 }),
    ];
    const source = dayWith([old, fresh, later]);
    const [first] = planUnits([source], pair, () => []);
    expect(first).toMatchObject({ after: null, isDone: false, needed: [old, fresh] });
    const vector = { positions: { "1": { n: 1, lastSeq: 10 } }, infinite: [] };
    const copied = [{ shard: 0, day: source.day, vector }];
    const [next] = planUnits([source], pair, () => copied);
    expect(next).toMatchObject({ after: vector, isDone: false, needed: [fresh] });
    const [done] = planUnits([source], pair, () => [{ ...copied[0]!, vector: upTo }]);
    expect(done).toMatchObject({ isDone: true, needed: [] });
  });

  test("is done where a writer has moved to infinity and no row is left", () => {
    const source = dayWith([file({ min: 1, max: 20 })]);
    const infinite = [{ from: writerOrdinal(1), to: writerOrdinal(1) }];
    const retired = { ...source, upTo: { positions: {}, infinite } };
    const copied = [{ shard: 0, day: source.day, vector: upTo }];
    expect(planUnits([retired], pair, () => copied)[0]).toMatchObject({ isDone: true });
  });
});

describe("planCopyJobs()", () => {
  function unit(group: number, day: number, bytes: number): CopyUnit {
    const needed = [file({ day, bytes })];
    return { ...dayWith(needed), group, after: null, needed, isDone: false };
  }

  test("fills jobs of one group up to their bytes, and leaves out what is done", () => {
    const units = [
      unit(0, 1, 60),
      { ...unit(0, 2, 60), isDone: true },
      unit(0, 3, 40),
      unit(0, 4, 10),
      unit(1, 1, 10),
      unit(1, 2, 500),
    ];
    const jobs = planCopyJobs(units, { bytesMax: 100, unitCountMax: 10 });
    expect(jobs.map((job) => [job.group, job.units.map((one) => one.day), job.bytes])).toEqual([
      [0, [1, 3], 100],
      [0, [4], 10],
      [1, [1], 10],
      [1, [2], 500],
    ]);
    expect(planCopyJobs(units, { bytesMax: 1_000, unitCountMax: 1 })).toHaveLength(5);
  });
});
