import type { ShardId, SpecName } from "./ids.ts";
import { shardId } from "./ids.ts";

/** How a project is split: `shard = xxh64(user_id, seed 0) mod shards`. */
export interface ShardingSpec {
  readonly spec: SpecName;
  readonly shards: number;
  readonly hash: "xxh64";
}

/** Shards that share one manifest (protocol, "Group"). */
export const SHARDS_PER_GROUP = 64;

export function groupCountOf(shards: number): number {
  return Math.ceil(shards / SHARDS_PER_GROUP);
}

/**
 * The shard of a user whose 64-bit hash is `high * 2^32 + low`, unsigned.
 * Exact without BigInt: every product stays below 2^53 for shards <= 65,536.
 */
export function shardOf(high: number, low: number, shards: number): ShardId {
  const highPart = (high % shards) * (4_294_967_296 % shards);
  return shardId((highPart + low) % shards, shards);
}
