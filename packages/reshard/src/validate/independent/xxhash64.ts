const PRIME_1 = 0x9e3779b185ebca87n;
const PRIME_2 = 0xc2b2ae3d27d4eb4fn;
const PRIME_3 = 0x165667b19e3779f9n;
const PRIME_4 = 0x85ebca77c2b2ae63n;
const PRIME_5 = 0x27d4eb2f165667c5n;

const wrapped = (value: bigint): bigint => BigInt.asUintN(64, value);

function rotated(value: bigint, bits: bigint): bigint {
  return wrapped(value << bits) | (value >> (64n - bits));
}

function round(lane: bigint, word: bigint): bigint {
  return wrapped(rotated(wrapped(lane + word * PRIME_2), 31n) * PRIME_1);
}

function merged(hash: bigint, lane: bigint): bigint {
  return wrapped((hash ^ round(0n, lane)) * PRIME_1 + PRIME_4);
}

/**
 * xxHash64 with seed 0, written from its specification. It shares nothing with the hash that places
 * users, so that a fault of that one shows. Slow.
 *
 * @see https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md
 */
export function xxhash64(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  let hash = PRIME_5;
  if (bytes.length >= 32) {
    const lanes = [wrapped(PRIME_1 + PRIME_2), PRIME_2, 0n, wrapped(-PRIME_1)];
    for (; at + 32 <= bytes.length; at += 32) {
      lanes.forEach((lane, i) => {
        lanes[i] = round(lane, view.getBigUint64(at + 8 * i, true));
      });
    }
    const turns = [1n, 7n, 12n, 18n];
    hash = wrapped(lanes.reduce((sum, lane, i) => sum + rotated(lane, turns[i] ?? 0n), 0n));
    hash = lanes.reduce(merged, hash);
  }
  hash = wrapped(hash + BigInt(bytes.length));
  for (; at + 8 <= bytes.length; at += 8) {
    hash ^= round(0n, view.getBigUint64(at, true));
    hash = wrapped(rotated(hash, 27n) * PRIME_1 + PRIME_4);
  }
  if (at + 4 <= bytes.length) {
    hash ^= wrapped(BigInt(view.getUint32(at, true)) * PRIME_1);
    hash = wrapped(rotated(hash, 23n) * PRIME_2 + PRIME_3);
    at += 4;
  }
  for (; at < bytes.length; at++) {
    hash ^= wrapped(BigInt(view.getUint8(at)) * PRIME_5);
    hash = wrapped(rotated(hash, 11n) * PRIME_1);
  }
  hash = wrapped((hash ^ (hash >> 33n)) * PRIME_2);
  hash = wrapped((hash ^ (hash >> 29n)) * PRIME_3);
  return hash ^ (hash >> 32n);
}

const encoder = new TextEncoder();

/** The shard of a user by this hash. */
export function secondShardOf(user: string | Uint8Array, shards: number): number {
  const bytes = typeof user === "string" ? encoder.encode(user) : user;
  return Number(xxhash64(bytes) % BigInt(shards));
}
