import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { slowHash } from "../../test/slow-digest.ts";
import {
  addDigests,
  digestText,
  emptyDigest,
  isDigestText,
  parseDigest,
  subtractDigests,
} from "./digest.ts";
import {
  generationsDifference,
  subtractGenerations,
  sumGenerations,
} from "./generation-digests.ts";
import { hashBytes, hashLanes, hashWords, viewOf } from "./lane-hash.ts";

const MODULUS = 2n ** 128n;
const number = fc.oneof(
  fc.bigInt({ min: 0n, max: MODULUS - 1n }),
  fc.constantFrom(0n, 1n, 2n ** 32n - 1n, 2n ** 96n, MODULUS - 1n),
);
const textOf = (value: bigint) => value.toString(16).padStart(32, "0");

describe("digests", () => {
  test("add and subtract modulo 2^128, and come back from their text", () => {
    fc.assert(
      fc.property(number, number, (left, right) => {
        const [a, b] = [parseDigest(textOf(left)), parseDigest(textOf(right))];
        expect(digestText(a)).toBe(textOf(left));
        expect(digestText(addDigests(a, b))).toBe(textOf((left + right) % MODULUS));
        expect(digestText(subtractDigests(a, b))).toBe(textOf((left - right + MODULUS) % MODULUS));
      }),
      { numRuns: 300 },
    );
    expect(digestText(emptyDigest)).toBe("0".repeat(32));
    expect(isDigestText("0".repeat(31))).toBe(false);
    expect(() => parseDigest("AB".repeat(16))).toThrow(/32 hex digits/);
  });
});

describe("sums by generation", () => {
  const one = { generation: 0, rows: 2, digest: textOf(5n) };
  const two = { generation: 3, rows: 1, digest: textOf(MODULUS - 1n) };

  test("add up and subtract, without what is empty, ascending", () => {
    const sum = sumGenerations([two], [one, { ...two, digest: textOf(2n) }]);
    expect(sum).toEqual([one, { generation: 3, rows: 2, digest: textOf(1n) }]);
    expect(subtractGenerations(sum, [one])).toEqual([sum[1]]);
    expect(subtractGenerations(sum, sum)).toEqual([]);
    expect(subtractGenerations([], [one])).toEqual([
      { generation: 0, rows: -2, digest: textOf(MODULUS - 5n) },
    ]);
    expect(sumGenerations()).toEqual([]);
  });

  test("tell what is not as expected", () => {
    expect(generationsDifference([one, two], [one, two])).toBeUndefined();
    expect(generationsDifference([one, two], [one])).toBe(
      `generation 3: no rows, 1 fewer than 1 rows with digest ${two.digest}`,
    );
    expect(generationsDifference([one], [{ ...one, digest: textOf(6n) }])).toBe(
      `generation 0: 2 rows with digest ${textOf(6n)} instead of 2 rows with digest ${textOf(5n)}`,
    );
    expect(generationsDifference([], [two])).toBe(
      `generation 3: 1 rows with digest ${two.digest}, 1 more than no rows`,
    );
  });
});

/** Computed by the package mmh3 of PyPI (5.3.1), which shares no code with this. */
const published = [
  { seed: 0, text: "", lanes: "00000000000000000000000000000000" },
  { seed: 1, text: "", lanes: "88c4adec54d201b954d201b954d201b9" },
  { seed: 0, text: "a", lanes: "a794933c5556b01b5556b01b5556b01b" },
  { seed: 0, text: "abcde", lanes: "c5402efb5d24c5bc5a7201775a720177" },
  { seed: 7, text: "abcdefghi", lanes: "8e4f071b369a205f149ad1717de39604" },
  { seed: 7, text: "abcdefghijklm", lanes: "160d225fb0faac2656a1629a263951c0" },
  { seed: 0, text: "abcdefghijklmnop", lanes: "9fd2762790b91256e4ce8b21d193ba45" },
  {
    seed: -1,
    text: "The quick brown fox jumps over the lazy dog",
    lanes: "79f8c68a072cae2dda074a46c7c7dbe4",
  },
  {
    seed: 42,
    text: "The quick brown fox jumps over the lazy ",
    lanes: "78942e4b9d3b3cdb42b1c328d2f36274",
  },
  { seed: 0, text: "Ωμέγα 𝄞", lanes: "88d8a26f1bf2eed7b1064e4edb11be08" },
];

describe("lane hashes", () => {
  const lanesOf = (target: Int32Array) => Array.from(target, (lane) => BigInt(lane >>> 0));

  test("are MurmurHash3 of 128 bits for 32-bit machines where the key is a seed", () => {
    for (const { seed, text, lanes } of published) {
      const target = new Int32Array(4);
      const bytes = Buffer.from(text);
      hashBytes(new Int32Array(4).fill(seed), viewOf(bytes), 0, bytes.length, target, 0);
      const found = lanesOf(target).map((lane) => lane.toString(16).padStart(8, "0"));
      expect(found.join(""), text).toBe(lanes);
    }
  });

  test("of words and lanes are those of their bytes, and of bytes at any offset", () => {
    const lane = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
    const four = fc.array(lane, { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(four, four, fc.uint8Array({ maxLength: 50 }), (keys, words, bytes) => {
        const key = Int32Array.from(keys);
        const slowKey = lanesOf(key);
        const target = new Int32Array(6);
        const source = Int32Array.from([0, ...words]);
        const wordBytes = new Uint8Array(Int32Array.from(words).buffer);
        hashLanes(key, source, 1, target, 1);
        expect(lanesOf(target.subarray(1, 5))).toEqual(slowHash(slowKey, wordBytes));
        hashWords(key, words[0]!, words[1]!, target, 2);
        expect(lanesOf(target.subarray(2))).toEqual(slowHash(slowKey, wordBytes.subarray(0, 8)));
        const shifted = Uint8Array.of(7, ...bytes, 9);
        hashBytes(key, viewOf(shifted), 1, 1 + bytes.length, target, 0);
        expect(lanesOf(target.subarray(0, 4))).toEqual(slowHash(slowKey, bytes));
      }),
      { numRuns: 300 },
    );
  });
});
