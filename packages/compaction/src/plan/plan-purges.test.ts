import type { Day } from "@shale/model";
import { expect, test } from "vitest";
import { entryOf } from "../../test/entry-of.ts";
import { planExpiry } from "./plan-expiry.ts";
import type { PurgePolicy } from "./plan-purges.ts";
import { newestTombstone, planPurges } from "./plan-purges.ts";

const due: PurgePolicy = { mode: "due", claimed: new Set() };

function tombstone(number: number, seq: number) {
  return { number, seq, userHash: "0".repeat(32), atMs: 0 };
}

test("planPurges() takes files that lag and were appended before a delete, in full all that lag", () => {
  const current = entryOf({ claim: 1, tombstone: 4, minSeq: 1 });
  const before = entryOf({ claim: 2, tombstone: 3, minSeq: 400 });
  const after = entryOf({ claim: 3, tombstone: 3, minSeq: 401 });
  const older = entryOf({ claim: 4, tombstone: 2, minSeq: 401 });
  const tombstones = [tombstone(3, 500), tombstone(4, 400)];
  const all = [current, before, after, older];
  const inputsOf = (policy: PurgePolicy) =>
    planPurges(all, tombstones, policy).flatMap(({ inputs }) => inputs);
  expect(inputsOf(due)).toEqual([before, older]);
  expect(inputsOf({ ...due, claimed: new Set([before.id]) })).toEqual([older]);
  expect(inputsOf({ ...due, mode: "full" })).toEqual([before, after, older]);
  expect(newestTombstone(tombstones)).toBe(4);
});

test("planPurges() has nothing to do without tombstones", () => {
  expect(planPurges([entryOf({})], [], { ...due, mode: "full" })).toEqual([]);
});

test("planPurges() takes the files that one job cut by users together", () => {
  const low = entryOf({ claim: 1, number: 0, places: [0, 9], minSeq: 900 });
  const high = entryOf({ claim: 1, number: 1, places: [10, 19], minSeq: 5 });
  const [merge] = planPurges([low, high], [tombstone(1, 100)], due);
  expect(merge?.inputs).toEqual([low, high]);
});

test("planExpiry() takes files of days before the first kept one, and no one else's", () => {
  const files = [99, 100, 101].map((day, claim) => entryOf({ claim, day }));
  expect(planExpiry(files, null, new Set())).toEqual([]);
  expect(planExpiry(files, 101 as Day, new Set())).toEqual(files.slice(0, 2));
  expect(planExpiry(files, 101 as Day, new Set([files[0]!.id]))).toEqual([files[1]]);
});
