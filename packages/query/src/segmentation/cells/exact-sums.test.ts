import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createMemoryBudget } from "../memory-budget.ts";
import { createExactSums } from "./exact-sums.ts";
import { nearestRank } from "./nearest-rank.ts";

const sumsOf = () => {
  const sums = createExactSums(createMemoryBudget(1e9), {});
  sums.reserve(4);
  return sums;
};

function summed(values: readonly number[]): number | null {
  const sums = sumsOf();
  for (const value of values) sums.add(0, value);
  return sums.sumOf(0);
}

/** The sum in whole numbers of 2^-1074, turned into the double whose neighbours are no nearer. */
function plainSum(values: readonly number[]): number | null {
  const view = new DataView(new ArrayBuffer(8));
  const unitsOf = (value: number): bigint => {
    view.setFloat64(0, Math.abs(value));
    const bits = view.getBigUint64(0);
    const exponent = bits >> 52n;
    const fraction = bits & (2n ** 52n - 1n);
    const units = exponent === 0n ? fraction : (fraction + 2n ** 52n) << (exponent - 1n);
    return value < 0 ? -units : units;
  };
  const sum = values.reduce((units, value) => units + unitsOf(value), 0n);
  const size = sum < 0n ? -sum : sum;
  // The doubles from 0 up are numbered by their bits; the least that is not below the sum.
  let [low, high] = [0n, 0x7ff0_0000_0000_0000n];
  const at = (bits: bigint): number => {
    view.setBigUint64(0, bits);
    return view.getFloat64(0);
  };
  const infinity = 2n ** 2098n; // Where the next double after the largest would be.
  const units = (bits: bigint): bigint => {
    const value = at(bits);
    return value === Number.POSITIVE_INFINITY ? infinity : unitsOf(value);
  };
  while (low < high) {
    const middle = (low + high) / 2n;
    if (units(middle) >= size) high = middle;
    else low = middle + 1n;
  }
  const above = units(low) - size;
  const below = low === 0n ? above + 1n : size - units(low - 1n);
  const isBelow = below < above || (below === above && low % 2n === 1n);
  const nearest = at(isBelow ? low - 1n : low);
  if (nearest === Number.POSITIVE_INFINITY) return null;
  return sum < 0n ? -nearest : nearest;
}

const someNumber = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer({ min: -1e6, max: 1e6 }).map((cents) => cents / 100),
  fc.constantFrom(
    ...[0.1, 1e16, -1e16, 2 ** 53, 1, -1, 2 ** -1074, -(2 ** -1022), Number.MAX_VALUE],
    ...[-Number.MAX_VALUE, 2 ** 960, 2 ** 970, 2 ** 971, -(2 ** 970), 1e300, 1e-300],
  ),
);

describe("exact sums", () => {
  it("are the double nearest to the sum, also where doubles cannot hold what is between", () => {
    fc.assert(
      fc.property(fc.array(someNumber, { maxLength: 30 }), (values) => {
        const expected = plainSum(values);
        expect(summed(values)).toBe(expected === null ? null : expected + 0);
      }),
      { numRuns: process.env["SHALE_TEST_LONG"] === "1" ? 100_000 : 1500 },
    );
  });

  it.each([
    [[0.1, 0.2, -0.3], 2.7755575615628914e-17],
    [[1e16, 1, -1e16], 1],
    [[1e300, 1, -1e300, 1e-300, -1], 1e-300],
    [[Number.MAX_VALUE, Number.MAX_VALUE, -Number.MAX_VALUE], Number.MAX_VALUE],
    [[Number.MAX_VALUE, Number.MAX_VALUE], null],
    [[Number.MAX_VALUE, 2 ** 970], null], // Halfway to the next one, which is even.
    [[Number.MAX_VALUE, 2 ** 969], Number.MAX_VALUE],
    [[2 ** -1074, 2 ** -1074], 2 ** -1073],
    [[], 0],
  ])("of %j is %d", (values, sum) => {
    expect(summed(values)).toBe(sum);
  });

  it("do not depend on order, nor on parts", () => {
    const property = fc.property(
      fc.array(someNumber, { maxLength: 20 }),
      fc.array(someNumber, { maxLength: 20 }),
      (left, right) => {
        const sums = [left, right].map((values) => {
          const own = sumsOf();
          for (const value of values) own.add(1, value);
          return own.part(4);
        });
        const merged = sumsOf();
        for (const part of sums.reverse()) merged.absorb(part, () => 2);
        expect(merged.sumOf(2)).toBe(summed([...left, ...right]));
        expect(summed([...right, ...left].reverse())).toBe(summed([...left, ...right]));
      },
    );
    fc.assert(property, { numRuns: 500 });
  });

  it("add up more numbers than an accumulator takes between two spreads of its carries", () => {
    const sums = sumsOf();
    for (let i = 0; i < 2 ** 19 + 10; i++) sums.add(0, 2 ** 961);
    expect(sums.sumOf(0)).toBe((2 ** 19 + 10) * 2 ** 961);
  });

  it("take no more than the budget", () => {
    const sums = createExactSums(createMemoryBudget(1000), {});
    expect(() => sums.reserve(1000)).toThrow(expect.objectContaining({ code: "MEMORY_EXCEEDED" }));
  });
});

describe("nearestRank()", () => {
  it.each([
    [0, 5, 1],
    [50, 2, 1],
    [50, 3, 2],
    [100, 7, 7],
    [7, 100, 7], // 0.07 * 100 is above 7 in doubles.
    [99.9, 1000, 999],
    [4.35, 2000, 87],
    [1e-7, 10, 1],
    [33.3, 10, 4],
  ])("percentile %d of %d numbers is number %d", (percentile, count, rank) => {
    expect(nearestRank(percentile, count)).toBe(rank);
  });
});
