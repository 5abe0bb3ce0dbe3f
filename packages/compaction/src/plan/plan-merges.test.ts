import type { DayFileEntry } from "@shale/format";
import type { Day } from "@shale/model";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { entryOf } from "../../test/entry-of.ts";
import { isSettled, runsOf } from "./file-runs.ts";
import { planMergeJobs } from "./plan-merge-jobs.ts";
import type { MergePolicy } from "./plan-merges.ts";
import { mergeDefaults, planMerges, tierOf } from "./plan-merges.ts";

const due: MergePolicy = {
  ...mergeDefaults,
  mode: "due",
  settleBefore: null,
  isReshardOpen: false,
  claimed: new Set(),
};
const full: MergePolicy = { ...due, mode: "full" };

const arbitraryEntries = fc
  .array(
    fc.record({
      shard: fc.integer({ min: 0, max: 2 }),
      day: fc.integer({ min: 99, max: 101 }),
      rows: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 1_000_000 })),
      distinct: fc.boolean(),
      claim: fc.integer({ min: 0, max: 30 }),
      first: fc.integer({ min: 0, max: 900 }),
      generations: fc.constantFrom([0], [1], [0, 1]),
    }),
    { maxLength: 40 },
  )
  .map((shapes) =>
    shapes.map(({ first, ...shape }, number) =>
      entryOf({ ...shape, number, places: [first, first + 100] }),
    ),
  );

/** What a merge leaves behind. */
function mergedOf(inputs: readonly DayFileEntry[], claim: number): DayFileEntry {
  const [first] = inputs;
  const rows = inputs.reduce((sum, one) => sum + one.rows, 0);
  return entryOf({ claim, shard: first!.shard, day: first!.day, rows });
}

describe("planMerges()", () => {
  test("never uses a file twice, nor one that is claimed, and never mixes shard-days", () => {
    fc.assert(
      fc.property(arbitraryEntries, fc.constantFrom(due, full), (entries, policy) => {
        const claimed = new Set(entries.filter((_, i) => i % 7 === 0).map(({ id }) => id));
        const merges = planMerges(entries, { ...policy, claimed });
        const used = merges.flatMap(({ inputs }) => inputs.map(({ id }) => id));
        expect(new Set(used).size).toBe(used.length);
        expect(used.some((id) => claimed.has(id))).toBe(false);
        for (const { shard, day, inputs, rows } of merges) {
          expect(inputs.every((one) => one.shard === shard && one.day === day)).toBe(true);
          expect(rows).toBe(inputs.reduce((sum, one) => sum + one.rows, 0));
        }
      }),
    );
  });

  test("in full leaves every shard-day settled", () => {
    fc.assert(
      fc.property(arbitraryEntries, (entries) => {
        const merges = planMerges(entries, full);
        const gone = new Set(merges.flatMap(({ inputs }) => inputs));
        const after = [
          ...entries.filter((one) => !gone.has(one)),
          ...merges.map(({ inputs }, i) => mergedOf(inputs, 100 + i)),
        ];
        for (const shard of [0, 1, 2]) {
          for (const day of [99, 100, 101]) {
            const files = after.filter((one) => one.shard === shard && one.day === day);
            expect(files.length === 0 || isSettled(runsOf(files))).toBe(true);
          }
        }
        expect(planMerges(after, full)).toEqual([]);
      }),
    );
  });

  test("keeps generations apart while a reshard is open", () => {
    fc.assert(
      fc.property(arbitraryEntries, fc.constantFrom(due, full), (entries, policy) => {
        for (const { inputs } of planMerges(entries, { ...policy, isReshardOpen: true })) {
          const sets = inputs.map(({ generations }) =>
            generations.map((one) => one.generation).join(),
          );
          expect(new Set(sets).size).toBe(1);
        }
      }),
    );
  });

  test("keeps few files and writes a row few times, over whole histories", () => {
    const history = fc.array(
      fc.oneof(
        fc.integer({ min: 1, max: 10 }),
        fc.integer({ min: 1, max: 5_000 }),
        fc.integer({ min: 1, max: 1_000_000 }),
      ),
      { minLength: 1, maxLength: 120 },
    );
    fc.assert(
      fc.property(history, (drains) => {
        let files: DayFileEntry[] = [];
        let [drained, rewritten, claim] = [0, 0, 0];
        for (const rows of drains) {
          files.push(entryOf({ claim: claim++, rows }));
          drained += rows;
          for (const { inputs } of planMerges(files, due)) {
            const output = mergedOf(inputs, claim++);
            rewritten += output.rows;
            files = [...files.filter((one) => !inputs.includes(one)), output];
          }
          expect(planMerges(files, due)).toEqual([]);
          const perTier = new Map<number, number>();
          for (const file of files) {
            const tier = tierOf(file.rows, 4);
            perTier.set(tier, (perTier.get(tier) ?? 0) + 1);
          }
          expect(Math.max(...perTier.values())).toBeLessThan(4);
        }
        expect(rewritten).toBeLessThanOrEqual(drained * tierOf(drained, 4));
      }),
    );
  });

  test("settles a past day once, and again when its late rows pay for it", () => {
    const policy = { ...due, settleBefore: 101 as Day };
    const large = entryOf({ claim: 1, rows: 80_000 });
    const small = entryOf({ claim: 2, rows: 9_000 });
    expect(planMerges([large, small], policy)).toEqual([]);
    const later = entryOf({ claim: 3, rows: 1_000 });
    expect(planMerges([large, small, later], policy).map(({ rows }) => rows)).toEqual([90_000]);
    expect(planMerges([large, small, later], due)).toEqual([]);
    const repeating = entryOf({ claim: 4, distinct: false });
    expect(planMerges([repeating], policy)).toHaveLength(1);
    expect(planMerges([repeating], due)).toEqual([]);
  });

  test("takes the files that one job cut by users as one", () => {
    const cut = [
      entryOf({ claim: 1, number: 0, places: [0, 9], rows: 100 }),
      entryOf({ claim: 1, number: 1, places: [10, 19], rows: 100 }),
    ];
    expect(planMerges(cut, full)).toEqual([]);
    const apart = [cut[0]!, entryOf({ claim: 1, number: 1, places: [9, 19] })];
    expect(planMerges(apart, full)).toHaveLength(1);
    const others = [2, 3].map((claim) => entryOf({ claim, rows: 150 }));
    expect(planMerges([...cut, ...others], due)).toEqual([]);
    const fourth = entryOf({ claim: 4, rows: 150 });
    expect(planMerges([...cut, ...others, fourth], due)[0]?.inputs).toHaveLength(5);
  });
});

test("planMergeJobs() packs every merge once, within its limits, the longest first", () => {
  const limits = { bytesMax: 1_000_000, inputCountMax: 12 };
  fc.assert(
    fc.property(arbitraryEntries, (entries) => {
      const merges = planMerges(entries, full);
      const jobs = planMergeJobs(merges, limits);
      expect(new Set(jobs.flatMap((job) => job.merges))).toEqual(new Set(merges));
      const sizes = jobs.flatMap((job) => job.merges.map(({ bytes }) => bytes));
      expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
      for (const job of jobs) {
        expect(job.bytes).toBe(job.merges.reduce((sum, { bytes }) => sum + bytes, 0));
        if (job.merges.length === 1) continue;
        expect(job.bytes).toBeLessThanOrEqual(limits.bytesMax);
        const inputs = job.merges.flatMap((merge) => merge.inputs);
        expect(inputs.length).toBeLessThanOrEqual(limits.inputCountMax);
      }
    }),
  );
});
