import type { DayFileRowGroup } from "@shale/format";
import fc from "fast-check";
import { expect, test } from "vitest";
import { placeOf } from "../../test/entry-of.ts";
import { planPlaceRanges, rowGroupsIn } from "./plan-place-ranges.ts";

/** Row groups of a file: ascending, disjoint. */
const arbitraryFile = fc
  .array(
    fc.record({
      gap: fc.integer({ min: 1, max: 20 }),
      width: fc.integer({ min: 0, max: 30 }),
      rows: fc.integer({ min: 1, max: 100 }),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((shapes) => {
    let [place, start] = [0, 0];
    return shapes.map(({ gap, width, rows }): DayFileRowGroup => {
      const first = place + gap;
      place = first + width;
      start += rows;
      return { start: start - rows, rows, firstPlace: placeOf(first), lastPlace: placeOf(place) };
    });
  });

test("planPlaceRanges() covers every place once, in ascending ranges", () => {
  const files = fc.array(arbitraryFile, { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(files, fc.integer({ min: 1, max: 400 }), (all, rowsMax) => {
      const ranges = planPlaceRanges(all.flat(), rowsMax);
      expect(ranges[0]?.after).toBeUndefined();
      expect(ranges.at(-1)?.upTo).toBeUndefined();
      for (const [i, { after, upTo }] of ranges.entries()) {
        if (i > 0) expect(after).toBe(ranges[i - 1]?.upTo);
        if (after !== undefined && upTo !== undefined) expect(after < upTo).toBe(true);
        const ending = all
          .flat()
          .filter((one) => after === undefined || one.lastPlace > after)
          .filter((one) => upTo === undefined || one.lastPlace <= upTo);
        const ends = new Set(ending.map(({ lastPlace }) => lastPlace));
        expect(ends.size).toBeGreaterThan(0);
        const rows = ending.reduce((sum, one) => sum + one.rows, 0);
        if (ends.size > 1) expect(rows).toBeLessThanOrEqual(rowsMax);
      }
    }),
  );
});

test("rowGroupsIn() finds every row group that meets the range, and goes beyond it once a file", () => {
  fc.assert(
    fc.property(arbitraryFile, fc.integer({ min: 1, max: 300 }), (file, rowsMax) => {
      const ranges = planPlaceRanges(file, rowsMax);
      const seen = ranges.flatMap((range) => rowGroupsIn(file, range));
      expect([...new Set(seen)]).toEqual(file.map((_, i) => i));
      for (const range of ranges) {
        const { upTo } = range;
        const beyond = rowGroupsIn(file, range).filter(
          (number) => upTo !== undefined && file[number]!.lastPlace > upTo,
        );
        expect(beyond.length).toBeLessThanOrEqual(1);
      }
    }),
  );
});
