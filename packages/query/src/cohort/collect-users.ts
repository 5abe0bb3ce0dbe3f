import type { ScanBatch } from "@shale/scan";
import type { MemoryBudget } from "../segmentation/memory-budget.ts";
import type { UserBits, UserSet } from "./user-set.ts";
import { addUser, createUserSet, removeUser, wordsOf } from "./user-set.ts";

/** Users of the shard that is being read, put together to a set: a shard after the other. */
export interface UserCollector {
  /** Makes ready for users of the shard. @throws {ShaleError} MEMORY_EXCEEDED */
  begin(batch: Pick<ScanBatch, "shard" | "users">): void;
  add(user: number): void;
  remove(user: number): void;
  /** The users of all shards; nothing is collected after that. */
  finish(): UserSet;
}

export function createUserCollector(budget: MemoryBudget): UserCollector {
  const set = createUserSet(budget, { holdsOthers: false });
  const holder = {};
  let batch: Pick<ScanBatch, "shard" | "users"> | undefined;
  let bits: UserBits = new Uint32Array(0);

  function endShard(): void {
    if (batch === undefined) return;
    const { shard, users } = batch;
    const { count } = users;
    const own = new Uint32Array(wordsOf(count));
    own.set(bits.subarray(0, own.length));
    set.put({ shard, users, bits: own, count });
    bits.fill(0);
  }
  return {
    begin(next) {
      if (batch?.users !== next.users) endShard();
      batch = next;
      const wanted = wordsOf(next.users.count);
      if (wanted <= bits.length) return;
      const grown = new Uint32Array(2 * wanted);
      budget.hold(holder, grown.byteLength);
      grown.set(bits);
      bits = grown;
    },
    add: (user) => addUser(bits, user),
    remove: (user) => removeUser(bits, user),
    finish() {
      endShard();
      batch = undefined;
      budget.hold(holder, 0);
      return set;
    },
  };
}
