import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cutRowGroups, type UserRuns } from "./user-runs.ts";

/** Users with a place, of which 32 bits count here, and some rows each; in order. */
function runsOf(users: readonly (readonly [place: number, rows: number])[]): UserRuns {
  const sorted = users.toSorted(([left], [right]) => left - right);
  const starts = new Uint32Array(users.length + 1);
  sorted.forEach(([, rows], run) => {
    starts[run + 1] = starts[run]! + rows;
  });
  return {
    count: users.length,
    starts,
    placesHigh: Uint32Array.from(sorted, ([place]) => place),
    placesLow: new Uint32Array(users.length + 1),
  };
}

const someUsers = fc.uniqueArray(
  fc.tuple(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.integer({ min: 1, max: 50 })),
  { minLength: 1, maxLength: 200, selector: ([place]) => place },
);

describe("cutRowGroups()", () => {
  test("covers all rows in order and never divides a user", () => {
    fc.assert(
      fc.property(someUsers, fc.integer({ min: 1, max: 300 }), (users, rowsMax) => {
        const runs = runsOf(users);
        const cuts = cutRowGroups(runs, rowsMax);
        let row = 0;
        let run = 0;
        for (const cut of cuts) {
          expect([cut.start, cut.firstRun]).toEqual([row, run]);
          expect(cut.start).toBe(runs.starts[cut.firstRun]);
          expect(cut.end).toBe(runs.starts[cut.lastRun + 1]);
          row = cut.end;
          run = cut.lastRun + 1;
        }
        expect([row, run]).toEqual([runs.starts[runs.count], runs.count]);
      }),
    );
  });

  test("cuts at the ends of equal ranges, a power of two of them", () => {
    fc.assert(
      fc.property(someUsers, fc.integer({ min: 1, max: 300 }), (users, rowsMax) => {
        const runs = runsOf(users);
        const cuts = cutRowGroups(runs, rowsMax);
        const rangesOf = (bits: number) =>
          new Set(Array.from(runs.placesHigh, (place) => Math.floor(place / 2 ** (32 - bits))))
            .size;
        const firsts = (bits: number) =>
          cuts.map((cut) => Math.floor(runs.placesHigh[cut.firstRun]! / 2 ** (32 - bits)));
        const lasts = (bits: number) =>
          cuts.map((cut) => Math.floor(runs.placesHigh[cut.lastRun]! / 2 ** (32 - bits)));
        const fits = Array.from({ length: 31 }, (_one, bits) => bits).filter(
          (bits) =>
            rangesOf(bits) === cuts.length && firsts(bits).every((at, i) => at === lasts(bits)[i]),
        );
        expect(fits.length).toBeGreaterThan(0);
      }),
    );
  });

  test("keeps groups of evenly spread users to the limit", () => {
    const users = Array.from({ length: 4096 }, (_one, i) => [i * 2 ** 20, 10] as const);
    const cuts = cutRowGroups(runsOf(users), 5000);
    expect(cuts.map(({ start, end }) => end - start)).toEqual(new Array(16).fill(2560));
    expect(cutRowGroups(runsOf(users), 40_960)).toHaveLength(1);
  });

  test("lets a group be larger rather than cut all others to pieces for one user", () => {
    const users = Array.from(
      { length: 64 },
      (_one, i) => [i * 2 ** 26, i === 9 ? 1000 : 10] as const,
    );
    const cuts = cutRowGroups(runsOf(users), 410);
    expect(cuts).toHaveLength(16);
    expect(Math.max(...cuts.map(({ start, end }) => end - start))).toBe(1030);
  });
});
