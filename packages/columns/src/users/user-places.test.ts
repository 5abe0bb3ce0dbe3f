import { shardOf } from "@shale/model";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { tableOf } from "../../test/batch-of.ts";
import type { UserTable } from "../event-batch.ts";
import { loadUserHasher } from "./user-hasher.ts";
import { hashUsers, parsePlace, placeText, userPlaces } from "./user-places.ts";

/** floor(hash / shards) with its 64 bits in opposite order, the slow way. */
function slowPlace(hash: bigint, shards: number): string {
  const bits = (hash / BigInt(shards)).toString(2).padStart(64, "0");
  return BigInt(`0b${[...bits].reverse().join("")}`)
    .toString(16)
    .padStart(16, "0");
}

function tableWith(hashes: readonly bigint[]): UserTable {
  return {
    ids: tableOf(hashes.map((_hash, index) => `u${index}`)),
    hashHigh: Uint32Array.from(hashes, (hash) => Number(hash >> 32n)),
    hashLow: Uint32Array.from(hashes, (hash) => Number(hash & 0xffff_ffffn)),
  };
}

function placesOf(users: UserTable, shards: number): string[] {
  const { high, low } = userPlaces(users, shards);
  return Array.from(high, (half, user) => placeText(half, low[user]!));
}

/** Computed by a script in another language from the hashes in fixtures/xxh64.json. */
const golden: readonly { readonly shards: number; readonly places: readonly string[] }[] = [
  {
    shards: 1,
    places: ["99971b8aecdb62f7", "d9f9cf588554a21e", "efdfdb5353f14e2c", "8a6a33e9fd62b7e3"],
  },
  {
    shards: 7,
    places: ["a8f1c20c598d7444", "8ffae2fbb3ce7488", "36ffc2f551287ee0", "9eaa66c12639f138"],
  },
  {
    shards: 8,
    places: ["ccb8dc5766db17b8", "cfce7ac42aa510f0", "7efeda9a9f8a7160", "53519f4feb15bf18"],
  },
  {
    shards: 65536,
    places: ["1b8aecdb62f70000", "cf588554a21e0000", "db5353f14e2c0000", "33e9fd62b7e30000"],
  },
];

const arbitraryHash = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.constantFrom(0n, 1n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 63n, 2n ** 64n - 1n),
);
const arbitraryShards = fc.oneof(
  fc.integer({ min: 1, max: 65_536 }),
  fc.constantFrom(1, 2, 3, 7, 8, 64, 65_535, 65_536),
);

describe("userPlaces()", () => {
  test("keeps the places of known users for ever", async () => {
    const hasher = await loadUserHasher();
    const users = hashUsers(
      hasher,
      tableOf(["", "b", "gnubip", "ovcjqxelszgnubipwdkryfmtahovcjqxelszgnub"]),
    );
    for (const { shards, places } of golden) expect(placesOf(users, shards)).toEqual(places);
  });

  test("is bitrev64(floor(hash / shards)), exactly", () => {
    fc.assert(
      fc.property(fc.array(arbitraryHash), arbitraryShards, (hashes, shards) => {
        expect(placesOf(tableWith(hashes), shards)).toEqual(
          hashes.map((hash) => slowPlace(hash, shards)),
        );
      }),
      { numRuns: 500 },
    );
  });

  test("makes each target of a doubling one range of its source, already in its own order", () => {
    const hashes = fc.array(arbitraryHash, { minLength: 1, maxLength: 60 });
    const doublings = fc.integer({ min: 1, max: 5 });
    fc.assert(
      fc.property(hashes, fc.integer({ min: 1, max: 2048 }), doublings, (all, shards, times) => {
        const table = tableWith([...new Set(all)]);
        const targetShards = shards * 2 ** times;
        const shardAt = (user: number, count: number) =>
          shardOf(table.hashHigh[user]!, table.hashLow[user]!, count);
        const before = placesOf(table, shards);
        const after = placesOf(table, targetShards);
        const source = shardAt(0, shards);
        const users = [...before.keys()]
          .filter((user) => shardAt(user, shards) === source)
          .sort((left, right) => (before[left]! < before[right]! ? -1 : 1));
        const targets = users.map((user) => shardAt(user, targetShards));
        const ranges = targets.filter((target, at) => at === 0 || target !== targets[at - 1]);
        expect(ranges).toEqual([...new Set(targets)]);
        for (const target of ranges) {
          const own = users.filter((_user, at) => targets[at] === target).map((one) => after[one]!);
          expect(own).toEqual([...own].sort());
        }
      }),
    );
  });
});

describe("placeText()", () => {
  test("comes back from its text, whose order is that of the places", () => {
    const half = fc.integer({ min: 0, max: 0xffff_ffff });
    fc.assert(
      fc.property(half, half, (high, low) => {
        expect(parsePlace(placeText(high, low))).toEqual({ high, low });
      }),
    );
    expect(placeText(0, 1) < placeText(1, 0)).toBe(true);
    expect(() => parsePlace("0")).toThrow(/16 hex digits/);
    expect(() => parsePlace("00000000000000AB")).toThrow(/16 hex digits/);
  });
});
