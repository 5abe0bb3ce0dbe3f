import { invariant, type ShardId } from "@shale/model";
import type { ScanBatch, TextCodes } from "@shale/scan";
import type { MemoryBudget } from "../segmentation/memory-budget.ts";

/** A bit for each user code of one table of users; codes behind the end are not in it. */
export type UserBits = Uint32Array;
type ShardUsers = Pick<ScanBatch, "shard" | "users">;

/** Users of the shards that were looked at. The empty user is in none. */
export interface UserSet {
  readonly byteCount: number;
  /** Bits for every user that the table of the batch has now. */
  bitsOf(batch: ShardUsers): UserBits;
  /** The users that were put in, a shard after the other. */
  shards(): Iterable<ShardBits>;
}
export interface ShardBits extends ShardUsers {
  readonly bits: UserBits;
  /** Codes that were judged: 0 to count - 1. */
  readonly count: number;
}

export interface UserSetBuilder extends UserSet {
  /** @throws {ShaleError} MEMORY_EXCEEDED */
  put(shard: ShardBits): void;
}

/** `holdsOthers`: whether users are in it who were never judged. */
export function createUserSet(
  budget: MemoryBudget,
  { holdsOthers }: { readonly holdsOthers: boolean },
): UserSetBuilder {
  const judged = new Map<ShardId, ShardBits>();
  /** By table: it grows while later scans run, and begins anew when a cache lets go of it. */
  const known = new WeakMap<TextCodes, { bits: UserBits; count: number }>();
  const holder = {};
  let byteCount = 0;

  function hold(more: number): void {
    byteCount += more;
    budget.hold(holder, byteCount);
  }
  /** Texts of the users whose standing differs from that of the users who were never judged. */
  const exceptions = new Map<ShardId, Set<string>>();
  function exceptionsOf(shard: ShardId): Set<string> {
    const found = exceptions.get(shard);
    if (found !== undefined) return found;
    const texts = new Set<string>();
    const { users, bits, count } = judged.get(shard) ?? { users: undefined, bits: [], count: 0 };
    for (let code = 0; code < count; code++) {
      if (hasUser(bits, code) === holdsOthers) continue;
      const text = users?.textAt(code) ?? "";
      texts.add(text);
      hold(TEXT_BYTES + text.length);
    }
    exceptions.set(shard, texts);
    return texts;
  }
  function judge({ shard, users }: ShardUsers, code: number): boolean {
    const text = users.textAt(code);
    if (text === "") return false;
    const original = judged.get(shard);
    // The table of the judged users, which only grew: whoever was added was not judged.
    if (original === undefined || original.users === users) return holdsOthers;
    return exceptionsOf(shard).has(text) !== holdsOthers;
  }
  return {
    get byteCount() {
      return byteCount;
    },
    put(shard) {
      invariant(!judged.has(shard.shard), `a shard is judged once: ${shard.shard}`);
      hold(4 * shard.bits.length);
      judged.set(shard.shard, shard);
      known.set(shard.users, { bits: shard.bits, count: shard.count });
    },
    shards: () => judged.values(),
    bitsOf(batch) {
      const { users } = batch;
      const { count } = users;
      const entry = known.get(users) ?? { bits: new Uint32Array(0), count: 0 };
      if (entry.count >= count && known.has(users)) return entry.bits;
      const bits = new Uint32Array(Math.max(wordsOf(count), entry.bits.length));
      hold(4 * (bits.length - entry.bits.length));
      bits.set(entry.bits);
      for (let code = entry.count; code < count; code++)
        if (judge(batch, code)) addUser(bits, code);
      known.set(users, { bits, count });
      return bits;
    },
  };
}

const TEXT_BYTES = 64; // What a set takes for each, roughly.

export function wordsOf(userCount: number): number {
  return (userCount + 31) >>> 5;
}

export function hasUser(bits: ArrayLike<number>, code: number): boolean {
  return (((bits[code >>> 5] ?? 0) >>> (code & 31)) & 1) === 1;
}

export function addUser(bits: UserBits, code: number): void {
  bits[code >>> 5] = (bits[code >>> 5] ?? 0) | (1 << (code & 31));
}

export function removeUser(bits: UserBits, code: number): void {
  bits[code >>> 5] = (bits[code >>> 5] ?? 0) & ~(1 << (code & 31));
}
