import { invariant } from "@shale/model";
import type { EventBatch } from "../event-batch.ts";
import type { StoredBatch } from "../stored-batch.ts";
import type { TextTable } from "../text-table.ts";
import { createHmacSha256 } from "./hmac-sha256.ts";

/** Rows of a user at or below `seq` are hidden (protocol D1). */
export interface Tombstone {
  /** 1 or more. */
  readonly number: number;
  /** `tombstoneHash` of the user. */
  readonly userHash: string;
  readonly seq: number;
}

/** Some tombstones, ready to be looked for among the users of dictionaries. */
export interface TombstoneFilter {
  /** Of the tombstones, 0 where there is none. */
  readonly highestNumber: number;
  /**
   * By user of the dictionary, the greatest seq that is hidden, 0 for none; undefined where no user
   * is under a tombstone. Hashes every user, about a microsecond each, once for a dictionary.
   */
  limitsOf(ids: TextTable): Float64Array | undefined;
}

/** 32 hex digits or more, as many as a block has at most. */
const KEY_TEXT = /^(?:[0-9a-f]{2}){16,64}$/;
const HASH_TEXT = /^[0-9a-f]{32}$/;

/**
 * The name of a user in tombstones: HMAC-SHA-256 of the id with the project's key, cut to 128 bits,
 * 32 hex digits. Without the key it does not tell whether somebody was a user.
 */
export function tombstoneHash(keyHex: string, userId: Uint8Array): string {
  const { hash, words } = createHmacSha256(keyOf(keyHex));
  hash(userId, 0, userId.length);
  const four = Array.from(words.subarray(0, 4));
  return four.map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}

function keyOf(keyHex: string): Uint8Array {
  invariant(KEY_TEXT.test(keyHex), "the key of tombstones is 16 to 64 bytes in hex");
  return Buffer.from(keyHex, "hex");
}

/** A tombstone as the words of its hash. */
interface Wanted {
  readonly words: readonly number[];
  readonly seq: number;
}

export function createTombstoneFilter(
  keyHex: string,
  tombstones: readonly Tombstone[],
): TombstoneFilter {
  const { hash, words } = createHmacSha256(keyOf(keyHex));
  const wanted = wantedByWord(tombstones);
  const known = new WeakMap<TextTable, Float64Array | "none">();

  function limitOf(): number {
    let limit = 0;
    for (const { words: others, seq } of wanted.get(words[0] ?? 0) ?? []) {
      const isSame = others.every((word, index) => word === words[index]);
      if (isSame && seq > limit) limit = seq;
    }
    return limit;
  }
  function findLimits({ bytes, offsets, count }: TextTable): Float64Array | undefined {
    let limits: Float64Array | undefined;
    for (let user = 0; user < count; user++) {
      hash(bytes, offsets[user] ?? 0, offsets[user + 1] ?? 0);
      const limit = limitOf();
      if (limit === 0) continue;
      limits ??= new Float64Array(count);
      limits[user] = limit;
    }
    return limits;
  }
  return {
    highestNumber: tombstones.reduce((highest, { number }) => Math.max(highest, number), 0),
    limitsOf(ids) {
      if (tombstones.length === 0) return undefined;
      const found = known.get(ids) ?? findLimits(ids) ?? "none";
      known.set(ids, found);
      return found === "none" ? undefined : found;
    },
  };
}

function wantedByWord(tombstones: readonly Tombstone[]): ReadonlyMap<number, readonly Wanted[]> {
  const wanted = new Map<number, Wanted[]>();
  for (const { userHash, seq } of tombstones) {
    invariant(HASH_TEXT.test(userHash), `a user's hash has 32 hex digits: ${userHash}`);
    const words = [0, 8, 16, 24].map((at) => Number.parseInt(userHash.slice(at, at + 8), 16) | 0);
    const first = words[0] ?? 0;
    const same = wanted.get(first);
    if (same === undefined) wanted.set(first, [{ words, seq }]);
    else same.push({ words, seq });
  }
  return wanted;
}

/**
 * Marks 1 every row whose seq is at or below the limit of its user; undefined where there is none.
 *
 * @param limits What `limitsOf` gave for the dictionary of the users.
 */
export function hiddenRows(
  { userCodes, seqs }: Pick<EventBatch, "userCodes"> & Pick<StoredBatch, "seqs">,
  limits: Float64Array | undefined,
): Uint8Array | undefined {
  if (limits === undefined) return undefined;
  let hidden: Uint8Array | undefined;
  for (let row = 0; row < userCodes.length; row++) {
    if ((seqs[row] ?? 0) > (limits[userCodes[row] ?? 0] ?? 0)) continue;
    hidden ??= new Uint8Array(userCodes.length);
    hidden[row] = 1;
  }
  return hidden;
}
