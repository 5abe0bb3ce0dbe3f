/** Four 32-bit lanes: what a hash starts from. */
export type HashKey = Int32Array;

const C1 = 0x239b961b;
const C2 = 0xab0e9789;
const C3 = 0x38b34ae5;
const C4 = 0xa1e38b93;

/** "shale digest 001" in four lanes. Another definition of the digest has another one. */
const ORIGIN: HashKey = Int32Array.of(0x7368616c, 0x65206469, 0x67657374, 0x20303031);

/**
 * MurmurHash3 of 128 bits for 32-bit machines, with a key of four lanes in place of the seed (a
 * seed is four lanes alike). Each function writes the four lanes of the hash to `target` from `at`.
 */
export function hashBytes(
  key: HashKey,
  bytes: DataView,
  start: number,
  end: number,
  target: Int32Array,
  at: number,
): void {
  let h1 = key[0] ?? 0;
  let h2 = key[1] ?? 0;
  let h3 = key[2] ?? 0;
  let h4 = key[3] ?? 0;
  let from = start;
  for (; from + 16 <= end; from += 16) {
    h1 ^= scrambled(bytes.getInt32(from, true), C1, 15, C2);
    h1 = (Math.imul((rotated(h1, 19) + h2) | 0, 5) + 0x561ccd1b) | 0;
    h2 ^= scrambled(bytes.getInt32(from + 4, true), C2, 16, C3);
    h2 = (Math.imul((rotated(h2, 17) + h3) | 0, 5) + 0x0bcaa747) | 0;
    h3 ^= scrambled(bytes.getInt32(from + 8, true), C3, 17, C4);
    h3 = (Math.imul((rotated(h3, 15) + h4) | 0, 5) + 0x96cd1c35) | 0;
    h4 ^= scrambled(bytes.getInt32(from + 12, true), C4, 18, C1);
    h4 = (Math.imul((rotated(h4, 13) + h1) | 0, 5) + 0x32ac3b17) | 0;
  }
  if (from + 12 < end) h4 ^= scrambled(lastWord(bytes, from + 12, end), C4, 18, C1);
  if (from + 8 < end) h3 ^= scrambled(lastWord(bytes, from + 8, end), C3, 17, C4);
  if (from + 4 < end) h2 ^= scrambled(lastWord(bytes, from + 4, end), C2, 16, C3);
  if (from < end) h1 ^= scrambled(lastWord(bytes, from, end), C1, 15, C2);
  finish(h1, h2, h3, h4, end - start, target, at);
}

/** As `hashBytes` of 8 bytes, given as two little-endian words. */
export function hashWords(
  key: HashKey,
  first: number,
  second: number,
  target: Int32Array,
  at: number,
): void {
  const h1 = (key[0] ?? 0) ^ scrambled(first, C1, 15, C2);
  const h2 = (key[1] ?? 0) ^ scrambled(second, C2, 16, C3);
  finish(h1, h2, key[2] ?? 0, key[3] ?? 0, 8, target, at);
}

/** As `hashBytes` of 16 bytes: the lanes of `source` from `from` on, as little-endian words. */
export function hashLanes(
  key: HashKey,
  source: Int32Array,
  from: number,
  target: Int32Array,
  at: number,
): void {
  let h1 = (key[0] ?? 0) ^ scrambled(source[from] ?? 0, C1, 15, C2);
  let h2 = key[1] ?? 0;
  let h3 = key[2] ?? 0;
  let h4 = key[3] ?? 0;
  h1 = (Math.imul((rotated(h1, 19) + h2) | 0, 5) + 0x561ccd1b) | 0;
  h2 ^= scrambled(source[from + 1] ?? 0, C2, 16, C3);
  h2 = (Math.imul((rotated(h2, 17) + h3) | 0, 5) + 0x0bcaa747) | 0;
  h3 ^= scrambled(source[from + 2] ?? 0, C3, 17, C4);
  h3 = (Math.imul((rotated(h3, 15) + h4) | 0, 5) + 0x96cd1c35) | 0;
  h4 ^= scrambled(source[from + 3] ?? 0, C4, 18, C1);
  h4 = (Math.imul((rotated(h4, 13) + h1) | 0, 5) + 0x32ac3b17) | 0;
  finish(h1, h2, h3, h4, 16, target, at);
}

/** The key of everything that is labelled so. */
export function keyOfLabel(label: Uint8Array): HashKey {
  const key = new Int32Array(4);
  hashBytes(ORIGIN, viewOf(label), 0, label.length, key, 0);
  return key;
}

function finish(
  lane1: number,
  lane2: number,
  lane3: number,
  lane4: number,
  length: number,
  target: Int32Array,
  at: number,
): void {
  let h1 = lane1 ^ length;
  let h2 = lane2 ^ length;
  let h3 = lane3 ^ length;
  let h4 = lane4 ^ length;
  h1 = (h1 + h2 + h3 + h4) | 0;
  h2 = mixed((h2 + h1) | 0);
  h3 = mixed((h3 + h1) | 0);
  h4 = mixed((h4 + h1) | 0);
  h1 = (mixed(h1) + h2 + h3 + h4) | 0;
  target[at] = h1;
  target[at + 1] = (h2 + h1) | 0;
  target[at + 2] = (h3 + h1) | 0;
  target[at + 3] = (h4 + h1) | 0;
}

function mixed(lane: number): number {
  let value = Math.imul(lane ^ (lane >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return value ^ (value >>> 16);
}

function scrambled(word: number, before: number, bits: number, after: number): number {
  return Math.imul(rotated(Math.imul(word, before), bits), after);
}

function rotated(lane: number, bits: number): number {
  return (lane << bits) | (lane >>> (32 - bits));
}

/** Up to four bytes from `at`, zeros beyond the end. */
function lastWord(bytes: DataView, at: number, end: number): number {
  if (at + 4 <= end) return bytes.getInt32(at, true);
  let word = 0;
  for (let i = at; i < end; i++) word |= bytes.getUint8(i) << (8 * (i - at));
  return word;
}

/** As `hashBytes` takes them: a view reads four bytes at a time. */
export function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
