import type { Day } from "@shale/model";
import { expect, test } from "vitest";
import { entryOf } from "../../test/entry-of.ts";
import { planExpiry } from "./plan-expiry.ts";
import { newestTombstone, planPurges } from "./plan-purges.ts";

function tombstone(number: number, seq: number) {
  return { number, seq, userHash: "0".repeat(32), atMs: 0 };
}

test("planPurges() looks only at files that lag and were appended before a delete", () => {
  const current = entryOf({ claim: 1, tombstone: 4, minSeq: 1 });
  const before = entryOf({ claim: 2, tombstone: 3, minSeq: 400 });
  const after = entryOf({ claim: 3, tombstone: 3, minSeq: 401 });
  const older = entryOf({ claim: 4, tombstone: 2, minSeq: 401 });
  const tombstones = [tombstone(3, 500), tombstone(4, 400)];
  expect(planPurges([current, before, after, older], tombstones)).toEqual({
    suspects: [before, older],
    unharmed: [after],
  });
  expect(newestTombstone(tombstones)).toBe(4);
});

test("planPurges() has nothing to do without tombstones", () => {
  expect(planPurges([entryOf({})], [])).toEqual({ suspects: [], unharmed: [] });
});

test("planExpiry() takes files of days before the first kept one, and no one else's", () => {
  const files = [99, 100, 101].map((day, claim) => entryOf({ claim, day }));
  expect(planExpiry(files, null, new Set())).toEqual([]);
  expect(planExpiry(files, 101 as Day, new Set())).toEqual(files.slice(0, 2));
  expect(planExpiry(files, 101 as Day, new Set([files[0]!.id]))).toEqual([files[1]]);
});
