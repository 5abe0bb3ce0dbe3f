import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ShaleError } from "./errors.ts";
import { checkShards, projectId, shardId, specNameOf, writerOrdinal } from "./ids.ts";
import { InvariantError } from "./invariant.ts";
import { groupCountOf, shardOf } from "./sharding.ts";
import { dayOf, dayText, SEQ_EPOCH_MS, seqFloorOf } from "./time.ts";

describe("ids", () => {
  test("projectId() takes the names of the contract and refuses the rest", () => {
    for (const good of ["a", "0", "my-app_2", `a${"b".repeat(62)}`])
      expect(projectId(good)).toBe(good);
    for (const bad of ["", "-a", "_a", "A", "a/b", "..", "a b", "é", `a${"b".repeat(63)}`]) {
      expect(() => projectId(bad)).toThrow(ShaleError);
    }
  });

  test("specNameOf() counts A, B, …, Z, AA, AB, … and never repeats", () => {
    expect([0, 1, 25, 26, 27, 51, 52, 701, 702].map(specNameOf)).toEqual([
      "A",
      "B",
      "Z",
      "AA",
      "AB",
      "AZ",
      "BA",
      "ZZ",
      "AAA",
    ]);
    const names = Array.from({ length: 2_000 }, (_, index) => specNameOf(index));
    expect(new Set(names).size).toBe(2_000);
  });

  test("checkShards() takes 1 to 65,536 whole shards", () => {
    expect(checkShards(1)).toBe(1);
    expect(checkShards(65_536)).toBe(65_536);
    for (const bad of [0, -1, 1.5, 65_537, Number.NaN])
      expect(() => checkShards(bad)).toThrow(ShaleError);
  });

  test("wrong positions are bugs, not operating errors", () => {
    expect(() => shardId(8, 8)).toThrow(InvariantError);
    expect(() => writerOrdinal(0)).toThrow(InvariantError);
  });
});

describe("sharding", () => {
  test("shardOf() is the unsigned 64-bit hash mod N", () => {
    fc.assert(
      fc.property(
        fc.nat(0xffffffff),
        fc.nat(0xffffffff),
        fc.integer({ min: 1, max: 65_536 }),
        (high, low, shards) => {
          const hash = (BigInt(high) << 32n) | BigInt(low);
          expect(shardOf(high, low, shards)).toBe(Number(hash % BigInt(shards)));
        },
      ),
    );
  });

  test("groupCountOf() holds 64 shards a group", () => {
    expect([1, 64, 65, 3_200].map(groupCountOf)).toEqual([1, 1, 2, 50]);
  });
});

describe("time", () => {
  test("dayOf() floors, so times before 1970 keep their own day", () => {
    expect(dayOf(-1)).toBe(-1);
    expect(dayText(dayOf(Date.UTC(2026, 9, 1, 23, 59)))).toBe("2026-10-01");
  });

  test("seqFloorOf() rises 4,096 a millisecond from 2020 and is 1 before", () => {
    expect(seqFloorOf(0)).toBe(1);
    expect(seqFloorOf(SEQ_EPOCH_MS + 3)).toBe(3 * 4_096);
  });
});
