import { invariant } from "@shale/model";
import type { TextTable } from "./text-table.ts";

/**
 * Collects distinct texts as bytes, never as strings. Indexes count from 0 in order of first
 * appearance, so they depend on the texts alone and not on their hashes.
 */
export interface ByteInterner {
  readonly count: number;
  /** Bytes of the distinct texts so far. */
  readonly byteLength: number;
  /** The index here of text `index` of `table`, added when new. */
  intern(table: TextTable, index: number): number;
  /**
   * As `intern`, with any 32-bit hash of the text that the caller has at hand. One interner takes
   * either hashed texts or plain ones, and one text always with the same hash.
   */
  internHashed(table: TextTable, index: number, hash: number): number;
  /** A table of the texts so far. The interner may go on; the table does not change. */
  build(): TextTable;
}

/** Few: arrays of up to 64 bytes are made at hardly any cost, and many batches hold few texts. */
const COUNT_AT_FIRST = 4;
const BYTES_AT_FIRST = 64;
const TABLE_BYTES_MAX = 0xffff_ffff;
/** Longest text copied by a loop: beyond it a call of set() costs less. */
const LOOP_BYTES_MAX = 48;

export function createByteInterner(): ByteInterner {
  let bytes = new Uint8Array(BYTES_AT_FIRST);
  let byteLength = 0;
  let offsets = new Uint32Array(COUNT_AT_FIRST + 1);
  let count = 0;
  /** In pairs: 1 + the index of a text, or 0 where free, then its hash. At most half are taken. */
  let slots = new Uint32Array(2 * 2 * COUNT_AT_FIRST);

  function isAt(known: number, source: Uint8Array, start: number, length: number): boolean {
    const from = offsets[known] ?? 0;
    if ((offsets[known + 1] ?? 0) - from !== length) return false;
    for (let i = 0; i < length; i++) if (bytes[from + i] !== source[start + i]) return false;
    return true;
  }
  function append(source: Uint8Array, start: number, length: number): void {
    if (byteLength + length > bytes.length) {
      const grown = new Uint8Array(Math.max(byteLength + length, 2 * bytes.length));
      grown.set(bytes.subarray(0, byteLength));
      bytes = grown;
    }
    if (length > LOOP_BYTES_MAX) bytes.set(source.subarray(start, start + length), byteLength);
    else for (let i = 0; i < length; i++) bytes[byteLength + i] = source[start + i] ?? 0;
    byteLength += length;
    invariant(byteLength <= TABLE_BYTES_MAX, "a text table holds less than 4 GiB");
  }
  function grow(): void {
    const grownOffsets = new Uint32Array(2 * count + 1);
    grownOffsets.set(offsets);
    offsets = grownOffsets;
    slots = regrown(slots);
  }
  function add(table: TextTable, index: number, hash: number): number {
    const start = table.offsets[index] ?? 0;
    const length = (table.offsets[index + 1] ?? 0) - start;
    const mask = slots.length - 1;
    let slot = (hash << 1) & mask;
    for (let taken = slots[slot] ?? 0; taken !== 0; taken = slots[slot] ?? 0) {
      if (slots[slot + 1] === hash && isAt(taken - 1, table.bytes, start, length)) {
        return taken - 1;
      }
      slot = (slot + 2) & mask;
    }
    append(table.bytes, start, length);
    slots[slot] = count + 1;
    slots[slot + 1] = hash;
    count++;
    offsets[count] = byteLength;
    if (2 * count === slots.length / 2) grow();
    return count - 1;
  }
  return {
    get count() {
      return count;
    },
    get byteLength() {
      return byteLength;
    },
    intern: (table, index) => add(table, index, hashText(table, index)),
    // Mixed again: the low bits of a sharding hash are the same for all users of a shard.
    internHashed: (table, index, hash) => add(table, index, mixed(hash)),
    build: () => ({
      count,
      bytes: bytes.slice(0, byteLength),
      offsets: offsets.slice(0, count + 1),
    }),
  };
}

/** Twice the slots, with every taken pair in its new place. */
function regrown(slots: Uint32Array): Uint32Array<ArrayBuffer> {
  const grown = new Uint32Array(2 * slots.length);
  const mask = grown.length - 1;
  for (let old = 0; old < slots.length; old += 2) {
    if (slots[old] === 0) continue;
    const hash = slots[old + 1] ?? 0;
    let slot = (hash << 1) & mask;
    while (grown[slot] !== 0) slot = (slot + 2) & mask;
    grown[slot] = slots[old] ?? 0;
    grown[slot + 1] = hash;
  }
  return grown;
}

/** MurmurHash3, 32 bits, seed 0: four bytes a step. */
export function hashText({ bytes, offsets }: TextTable, index: number): number {
  const start = offsets[index] ?? 0;
  const end = offsets[index + 1] ?? 0;
  let hash = 0;
  let at = start;
  for (; at + 4 <= end; at += 4) {
    const word =
      (bytes[at] ?? 0) |
      ((bytes[at + 1] ?? 0) << 8) |
      ((bytes[at + 2] ?? 0) << 16) |
      ((bytes[at + 3] ?? 0) << 24);
    hash ^= scrambled(word);
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
  }
  let rest = 0;
  for (let shift = 0; at < end; at++, shift += 8) rest |= (bytes[at] ?? 0) << shift;
  hash ^= scrambled(rest);
  return mixed(hash ^ (end - start));
}

function scrambled(word: number): number {
  const product = Math.imul(word, 0xcc9e2d51);
  return Math.imul((product << 15) | (product >>> 17), 0x1b873593);
}

/** MurmurHash3's last step: every bit of the input moves every bit of the result. */
function mixed(hash: number): number {
  let value = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
