import { invariant } from "@shale/model";

/**
 * HMAC-SHA-256 (RFC 2104, FIPS 180-4) of very many short texts with one key. The two blocks that
 * the key fills are done once and nothing is made for a text, so that it takes a third of the time
 * of the platform's. Its results are compared with the platform's by a test.
 */
export interface HmacSha256 {
  /** The eight words of the last result; overwritten by the next call. */
  readonly words: Int32Array;
  hash(bytes: Uint8Array, start: number, end: number): void;
}

const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;

/** The first 32 bits of the fractions of the cube roots of the first 64 primes. */
const rounds = wordsOf(`
  428a2f98 71374491 b5c0fbcf e9b5dba5 3956c25b 59f111f1 923f82a4 ab1c5ed5
  d807aa98 12835b01 243185be 550c7dc3 72be5d74 80deb1fe 9bdc06a7 c19bf174
  e49b69c1 efbe4786 0fc19dc6 240ca1cc 2de92c6f 4a7484aa 5cb0a9dc 76f988da
  983e5152 a831c66d b00327c8 bf597fc7 c6e00bf3 d5a79147 06ca6351 14292967
  27b70a85 2e1b2138 4d2c6dfc 53380d13 650a7354 766a0abb 81c2c92e 92722c85
  a2bfe8a1 a81a664b c24b8b70 c76c51a3 d192e819 d6990624 f40e3585 106aa070
  19a4c116 1e376c08 2748774c 34b0bcb5 391c0cb3 4ed8aa4a 5b9cca4f 682e6ff3
  748f82ee 78a5636f 84c87814 8cc70208 90befffa a4506ceb bef9a3f7 c67178f2
`);
/** Likewise of the square roots of the first eight. */
const begin = wordsOf(`
  6a09e667 bb67ae85 3c6ef372 a54ff53a 510e527f 9b05688c 1f83d9ab 5be0cd19
`);

function wordsOf(text: string): Int32Array {
  return Int32Array.from(text.trim().split(/\s+/), (word) => Number.parseInt(word, 16));
}

/** @param key At most 64 bytes. */
export function createHmacSha256(key: Uint8Array): HmacSha256 {
  invariant(key.length <= BLOCK_BYTES, "the key fits in a block");
  const block = new Int32Array(64);
  const inner = keyState(key, 0x36, block);
  const outer = keyState(key, 0x5c, block);
  const words = new Int32Array(8);

  /** What is left of the text, the mark of its end, and its length with the key's block. */
  function last(bytes: Uint8Array, from: number, end: number, length: number): void {
    block.fill(0, 0, 16);
    for (let i = from; i < end; i++) putByte(block, i - from, bytes[i] ?? 0);
    const rest = end - from;
    putByte(block, rest, 0x80);
    if (rest + 9 > BLOCK_BYTES) {
      compress(words, block);
      block.fill(0, 0, 16);
    }
    block[14] = Math.floor(length / 2 ** 29);
    block[15] = length << 3;
    compress(words, block);
  }
  return {
    words,
    hash(bytes, start, end) {
      words.set(inner);
      let from = start;
      for (; end - from >= BLOCK_BYTES; from += BLOCK_BYTES) {
        block.fill(0, 0, 16);
        for (let i = 0; i < BLOCK_BYTES; i++) putByte(block, i, bytes[from + i] ?? 0);
        compress(words, block);
      }
      last(bytes, from, end, BLOCK_BYTES + end - start);
      block.set(words);
      block.fill(0, 8, 16);
      block[8] = 0x80 << 24;
      block[15] = 8 * (BLOCK_BYTES + DIGEST_BYTES);
      words.set(outer);
      compress(words, block);
    },
  };
}

function keyState(key: Uint8Array, pad: number, block: Int32Array): Int32Array {
  const state = begin.slice();
  block.fill(0, 0, 16);
  for (let i = 0; i < BLOCK_BYTES; i++) putByte(block, i, (key[i] ?? 0) ^ pad);
  compress(state, block);
  return state;
}

/** Big-endian; the place is 0 before. */
function putByte(block: Int32Array, at: number, byte: number): void {
  const word = at >> 2;
  block[word] = (block[word] ?? 0) | (byte << (24 - 8 * (at & 3)));
}

/** One step of SHA-256: words 0 to 15 of `block` are the input, the others are overwritten. */
function compress(state: Int32Array, block: Int32Array): void {
  for (let i = 16; i < 64; i++) {
    const near = block[i - 2] ?? 0;
    const far = block[i - 15] ?? 0;
    const s0 = rotated(far, 7) ^ rotated(far, 18) ^ (far >>> 3);
    const s1 = rotated(near, 17) ^ rotated(near, 19) ^ (near >>> 10);
    block[i] = (block[i - 16] ?? 0) + s0 + (block[i - 7] ?? 0) + s1;
  }
  let a = state[0] ?? 0;
  let b = state[1] ?? 0;
  let c = state[2] ?? 0;
  let d = state[3] ?? 0;
  let e = state[4] ?? 0;
  let f = state[5] ?? 0;
  let g = state[6] ?? 0;
  let h = state[7] ?? 0;
  for (let i = 0; i < 64; i++) {
    const s1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25);
    const chosen = (e & f) ^ (~e & g);
    const first = (h + s1 + chosen + (rounds[i] ?? 0) + (block[i] ?? 0)) | 0;
    const s0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22);
    const second = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + first) | 0;
    d = c;
    c = b;
    b = a;
    a = (first + second) | 0;
  }
  state[0] = (state[0] ?? 0) + a;
  state[1] = (state[1] ?? 0) + b;
  state[2] = (state[2] ?? 0) + c;
  state[3] = (state[3] ?? 0) + d;
  state[4] = (state[4] ?? 0) + e;
  state[5] = (state[5] ?? 0) + f;
  state[6] = (state[6] ?? 0) + g;
  state[7] = (state[7] ?? 0) + h;
}

function rotated(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}
