import type { ShardId } from "@shale/model";
import { shardId } from "@shale/model";

/**
 * The shards of each executor by rendezvous hashing: a shard goes to the executor whose weight for
 * it is the greatest. So its decoded columns are found where they were left, and when an executor
 * comes or goes only its own shards move.
 */
export function assignShards(shards: number, executorCount: number): readonly ShardId[][] {
  const assigned = Array.from({ length: executorCount }, (): ShardId[] => []);
  for (let shard = 0; shard < shards; shard++) {
    let [best, bestWeight] = [0, -1];
    for (let executor = 0; executor < executorCount; executor++) {
      const weight = weightOf(shard, executor);
      if (weight > bestWeight) [best, bestWeight] = [executor, weight];
    }
    assigned[best]?.push(shardId(shard, shards));
  }
  return levelled(assigned);
}

/**
 * With few shards chance leaves some executors idle: none has more than one shard above another.
 * The last shards of the fullest move, always the same ones.
 */
function levelled(assigned: ShardId[][]): readonly ShardId[][] {
  for (;;) {
    const [first] = assigned;
    if (first === undefined) return assigned;
    let [least, most] = [first, first];
    for (const own of assigned) {
      if (own.length < least.length) least = own;
      if (own.length > most.length) most = own;
    }
    if (most.length - least.length <= 1) return assigned;
    const moved = most.pop();
    if (moved !== undefined) least.push(moved);
  }
}

/** 32 bits that follow from both numbers and look like any others (MurmurHash3's last step). */
function weightOf(shard: number, executor: number): number {
  let bits = Math.imul(shard + 1, 0x9e3779b1) ^ Math.imul(executor + 1, 0x85ebca77);
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
