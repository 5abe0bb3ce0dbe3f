import fc from "fast-check";
import { expect, test } from "vitest";
import { emptyTextTable } from "../text-table.ts";
import { coarserPlace, finerPlace, leadingBits, reversedBits } from "./place-shifts.ts";
import { placeText, userPlaces } from "./user-places.ts";

const half = fc.integer({ min: 0, max: 0xffff_ffff });
const cases = fc.record({
  high: half,
  low: half,
  shards: fc.constantFrom(1, 2, 3, 7, 8, 200, 4096),
  bits: fc.integer({ min: 1, max: 4 }),
});

function placeOf(high: number, low: number, shards: number): string {
  const ids = { ...emptyTextTable, count: 1, offsets: Uint32Array.of(0, 0) };
  const users = { ids, hashHigh: Uint32Array.of(high), hashLow: Uint32Array.of(low) };
  const places = userPlaces(users, shards);
  return placeText(places.high[0]!, places.low[0]!);
}

function shardOf(high: number, low: number, shards: number): number {
  return Number(((BigInt(high) << 32n) | BigInt(low)) % BigInt(shards));
}

test("a shard of 2^i times the shards is one contiguous range of places, in its own order (B13)", () => {
  fc.assert(
    fc.property(cases, ({ high, low, shards, bits }) => {
      const finer = shards * 2 ** bits;
      const place = placeOf(high, low, shards);
      expect(finerPlace(place, bits)).toBe(placeOf(high, low, finer));
      const range = leadingBits(place, bits);
      const target = shardOf(high, low, shards) + shards * reversedBits(range, bits);
      expect(shardOf(high, low, finer)).toBe(target);
    }),
    { numRuns: 2000 },
  );
});

test("shards that become one follow each other there (B13)", () => {
  fc.assert(
    fc.property(cases, ({ high, low, shards, bits }) => {
      const finer = shards * 2 ** bits;
      const part = Math.floor(shardOf(high, low, finer) / shards);
      const place = coarserPlace(placeOf(high, low, finer), bits, part);
      expect(place).toBe(placeOf(high, low, shards));
      expect(leadingBits(place, bits)).toBe(reversedBits(part, bits));
    }),
    { numRuns: 2000 },
  );
});
