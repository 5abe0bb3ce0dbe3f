/**
 * The exact sum of any doubles: a whole number of 2^-1074, in limbs of 32 bits. Limb i counts
 * 2^(32 i - 1074) and may hold more than its 32 bits until carries are spread.
 */
export interface SuperAccumulator {
  add(value: number): void;
  /** Adds what another accumulator holds. */
  addLimbs(limbs: Float64Array): void;
  /** The limbs, their carries spread: the same sum always gives the same limbs. */
  limbs(): Float64Array;
}

/** 2098 bits of doubles, and room for carries. */
const LIMB_COUNT = 69;
/** A number adds less than 2^33 to a limb, which is exact below 2^53. */
const ADDS_MAX = 2 ** 19;
const LIMB = 2 ** 32;

const float = new Float64Array(1);
const words = new Uint32Array(float.buffer); // Low word first: Node runs on little-endian machines.

export function createSuperAccumulator(): SuperAccumulator {
  const limbs = new Float64Array(LIMB_COUNT);
  let adds = 0;
  function put(limb: number, amount: number): void {
    limbs[limb] = (limbs[limb] ?? 0) + amount;
  }
  function makeReady(): void {
    if (++adds < ADDS_MAX) return;
    spreadCarries(limbs);
    adds = 1;
  }
  return {
    add(value) {
      makeReady();
      float[0] = value;
      const low = words[0] ?? 0;
      const high = words[1] ?? 0;
      const sign = high >>> 31 === 1 ? -1 : 1;
      const exponent = (high >>> 20) & 0x7ff;
      // The hidden bit of a normal number; a subnormal one has the exponent of the least normal.
      const top = (high & 0xfffff) | (exponent === 0 ? 0 : 0x100000);
      const shift = Math.max(exponent, 1) - 1;
      const limb = shift >>> 5;
      const factor = 2 ** (shift & 31);
      const lowBits = low * factor; // Below 2^63, with 32 significant bits: exact.
      const topBits = top * factor;
      const lowCarry = Math.floor(lowBits / LIMB);
      const topCarry = Math.floor(topBits / LIMB);
      put(limb, sign * (lowBits - lowCarry * LIMB));
      put(limb + 1, sign * (lowCarry + (topBits - topCarry * LIMB)));
      put(limb + 2, sign * topCarry);
    },
    addLimbs(other) {
      spreadCarries(limbs);
      adds = 2;
      for (let i = 0; i < LIMB_COUNT; i++) put(i, other[i] ?? 0);
    },
    limbs() {
      spreadCarries(limbs);
      adds = 1;
      return limbs.slice();
    },
  };
}

/** Leaves 0 to 2^32 - 1 in every limb; the last has the sign. */
function spreadCarries(limbs: Float64Array): void {
  for (let i = 0; i + 1 < LIMB_COUNT; i++) {
    const carry = Math.floor((limbs[i] ?? 0) / LIMB);
    limbs[i] = (limbs[i] ?? 0) - carry * LIMB;
    limbs[i + 1] = (limbs[i + 1] ?? 0) + carry;
  }
}

/** The double nearest to the sum, ties to even; beyond the largest double it is infinite. */
export function roundedSum(limbs: Float64Array): number {
  let sum = 0n;
  for (let i = LIMB_COUNT - 1; i >= 0; i--) sum = (sum << 32n) + BigInt(limbs[i] ?? 0);
  const isNegative = sum < 0n;
  const size = isNegative ? -sum : sum;
  const shift = size.toString(2).length - 64;
  let rounded: number;
  if (shift <= 0) rounded = scaled(Number(size), -1074);
  else {
    const top = size >> BigInt(shift);
    const isCut = top << BigInt(shift) !== size;
    // Bits below the first 64 matter only as being there: they decide between two halves.
    rounded = scaled(Number(isCut ? top | 1n : top), shift - 1074);
  }
  return isNegative ? -rounded : rounded;
}

/** number * 2^exponent, of a number that is rounded already. */
function scaled(number: number, exponent: number): number {
  return exponent > 900 ? number * 2 ** 900 * 2 ** (exponent - 900) : number * 2 ** exponent;
}
