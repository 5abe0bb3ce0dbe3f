import { DAY_MS, shardOf } from "@shale/model";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { batchOfEvents } from "../../test/test-log.ts";
import { partAt, partitionRows } from "./partition-rows.ts";

describe("partitionRows()", () => {
  it("gives every row to the part of its shard and day, in order", () => {
    const event = fc.record({
      event: fc.constant("e"),
      user: fc.constantFrom("", "a", "b", "c", "d", "e"),
      atMs: fc.oneof(
        fc.integer({ min: -5 * DAY_MS, max: 5 * DAY_MS }),
        fc.constantFrom(0, -1, DAY_MS, 30_000 * DAY_MS),
      ),
    });
    fc.assert(
      fc.property(
        fc.array(event, { minLength: 1, maxLength: 30 }),
        fc.constantFrom(1, 2, 5, 65_536),
        (events, shards) => {
          const batch = batchOfEvents(events, { writer: 1, firstSeq: 1 });
          const parts = partitionRows(batch, shards);
          const { hashHigh, hashLow } = batch.users;
          const placeOf = (row: number): [number, number] => {
            const user = batch.userCodes[row]!;
            const shard = shardOf(hashHigh[user]!, hashLow[user]!, shards);
            return [shard, Math.floor(events[row]!.atMs / DAY_MS)];
          };
          const expected = [...events.keys()].sort((x, y) => {
            const [a, b] = [placeOf(x), placeOf(y)];
            return a[0] - b[0] || a[1] - b[1] || x - y;
          });
          expect([...parts.rows]).toEqual(expected);
          const found = [...parts.rows.keys()].map((index) => {
            const [shard, day] = placeOf(parts.rows[index]!);
            const part = partAt(parts, shard, day);
            return index >= parts.starts[part]! && index < parts.starts[part + 1]!;
          });
          expect(found).not.toContain(false);
          expect(partAt(parts, shards, 0)).toBe(-1);
          expect(new Set(expected.map((row) => placeOf(row).join())).size).toBe(parts.partCount);
        },
      ),
    );
  });
});
