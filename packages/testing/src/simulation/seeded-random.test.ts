import { expect, test } from "vitest";
import { nextBelow, nextChance, seededRandom } from "./seeded-random.ts";

function draw(seed: number, count: number): number[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => random.nextU32());
}

test("one seed gives one sequence, and neighbours differ", () => {
  expect(draw(7, 20)).toEqual(draw(7, 20));
  expect(draw(7, 20)).not.toEqual(draw(8, 20));
  expect(draw(0, 3).every((n) => Number.isInteger(n) && n >= 0 && n < 2 ** 32)).toBe(true);
});

test("numbers spread evenly", () => {
  const random = seededRandom(1);
  const counts = new Array<number>(8).fill(0);
  for (let i = 0; i < 80_000; i++) counts[nextBelow(random, 8)]!++;
  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
});

test("a chance of 0 never comes and a chance of 1 always", () => {
  const random = seededRandom(1);
  expect(Array.from({ length: 100 }, () => nextChance(random, 0))).not.toContain(true);
  expect(Array.from({ length: 100 }, () => nextChance(random, 1))).not.toContain(false);
});
