import type { DayFileEntry } from "@shale/format";
import type { Day } from "@shale/model";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { NeededFile } from "./plan-copy-parts.ts";
import { planCopyParts } from "./plan-copy-parts.ts";
import type { CopyUnit } from "./plan-units.ts";

const file = fc.record({
  day: fc.integer({ min: 0, max: 3 }),
  rowGroupBytes: fc.option(fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 }), {
    nil: undefined,
  }),
  bytes: fc.integer({ min: 1, max: 100 }),
});

function neededOf(
  files: readonly { day: number; rowGroupBytes?: number[] | undefined; bytes: number }[],
) {
  const ordered = files.toSorted((a, b) => a.day - b.day);
  return ordered.map(({ day, rowGroupBytes, bytes }, number): NeededFile => {
    const entry = { id: `file-${number}`, bytes, day: day as Day } as DayFileEntry;
    const rowGroups = rowGroupBytes?.map((size, group) => ({ number: 2 * group, bytes: size }));
    return { unit: { day: day as Day } as CopyUnit, entry, rowGroups };
  });
}

test("parts hold every row group once, of one day, in as many bytes as they may", () => {
  fc.assert(
    fc.property(fc.array(file), fc.integer({ min: 1, max: 120 }), (files, bytesMax) => {
      const needed = neededOf(files);
      const parts = planCopyParts(needed, bytesMax);
      const found = parts.flatMap((part) => part.files);
      const wanted = needed.flatMap(({ entry, rowGroups }) =>
        rowGroups === undefined
          ? [`${entry.id} whole`]
          : rowGroups.map(({ number }) => `${entry.id} ${number}`),
      );
      const names = found.flatMap(({ entry, rowGroups }) =>
        rowGroups === undefined
          ? [`${entry.id} whole`]
          : rowGroups.map((number) => `${entry.id} ${number}`),
      );
      expect(names).toEqual(wanted);
      for (const { day, files: own } of parts) {
        expect(own.every(({ unit }) => unit.day === day)).toBe(true);
        const bytes = own.reduce((sum, one) => sum + one.bytes, 0);
        const isOne = own.length === 1 && (own[0]?.rowGroups?.length ?? 1) === 1;
        expect(isOne || bytes <= bytesMax).toBe(true);
      }
    }),
  );
});

test("files of a day that fit stay together", () => {
  const files = [1, 1, 1, 2].map((day) => ({ day, bytes: 10 }));
  expect(planCopyParts(neededOf(files), 100).map((part) => part.files.length)).toEqual([3, 1]);
});
