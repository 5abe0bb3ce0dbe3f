import type { Random } from "@shale/env";

/** Two runs with one seed draw the same numbers (xoshiro128**, seeded by splitmix32). */
export function seededRandom(seed: number): Random {
  let mixed = seed >>> 0;
  function nextMixed(): number {
    mixed = (mixed + 0x9e3779b9) >>> 0;
    let z = mixed;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return (z ^ (z >>> 16)) >>> 0;
  }
  let a = nextMixed();
  let b = nextMixed();
  let c = nextMixed();
  let d = nextMixed();
  return {
    nextU32() {
      const product = Math.imul(b, 5);
      const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
      const shifted = b << 9;
      c ^= a;
      d ^= b;
      b ^= c;
      a ^= d;
      c ^= shifted;
      d = (d << 11) | (d >>> 21);
      return result;
    },
  };
}

/** A uniform integer, 0 <= n < bound; bound is at most 2^32. */
export function nextBelow(random: Random, bound: number): number {
  return Math.floor((random.nextU32() / 4_294_967_296) * bound);
}

export function nextChance(random: Random, probability: number): boolean {
  return random.nextU32() / 4_294_967_296 < probability;
}
