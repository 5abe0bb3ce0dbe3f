import { checkShards, invariant } from "@shale/model";
import type { UserTable } from "../event-batch.ts";
import type { TextTable } from "../text-table.ts";
import { textBytesAt } from "../text-table.ts";
import type { UserHasher } from "./user-hasher.ts";

/** 64-bit numbers in two unsigned halves. */
export interface UserPlaces {
  readonly high: Uint32Array;
  readonly low: Uint32Array;
}

const TWO_32 = 4_294_967_296;
const PLACE_TEXT = /^[0-9a-f]{16}$/;

/**
 * Where the users of a shard stand in its day files (protocol S9): bitrev64(floor(hash / shards)).
 * The shards of a spec with 2^i times as many are then contiguous ranges, in their own order.
 */
export function userPlaces(users: UserTable, shards: number): UserPlaces {
  checkShards(shards);
  const { count } = users.ids;
  const high = new Uint32Array(count);
  const low = new Uint32Array(count);
  for (let user = 0; user < count; user++) {
    const hashHigh = users.hashHigh[user] ?? 0;
    // Long division by halves: the remainder is below 2^16, so this stays below 2^48.
    const rest = (hashHigh % shards) * TWO_32 + (users.hashLow[user] ?? 0);
    high[user] = reversed(Math.floor(rest / shards));
    low[user] = reversed(Math.floor(hashHigh / shards));
  }
  return { high, low };
}

/** The 32 bits in opposite order; signed. */
function reversed(bits: number): number {
  let value = ((bits >>> 1) & 0x5555_5555) | ((bits & 0x5555_5555) << 1);
  value = ((value >>> 2) & 0x3333_3333) | ((value & 0x3333_3333) << 2);
  value = ((value >>> 4) & 0x0f0f_0f0f) | ((value & 0x0f0f_0f0f) << 4);
  value = ((value >>> 8) & 0x00ff_00ff) | ((value & 0x00ff_00ff) << 8);
  return (value >>> 16) | (value << 16);
}

/** A place as text: 16 hex digits, which stand in the order of the places. */
export function placeText(high: number, low: number): string {
  return hexOf(high) + hexOf(low);
}

function hexOf(half: number): string {
  return half.toString(16).padStart(8, "0");
}

export function parsePlace(text: string): { readonly high: number; readonly low: number } {
  invariant(PLACE_TEXT.test(text), `a place has 16 hex digits: ${text}`);
  return { high: Number.parseInt(text.slice(0, 8), 16), low: Number.parseInt(text.slice(8), 16) };
}

/** The users with their sharding hashes, where only their ids are at hand. */
export function hashUsers(hasher: UserHasher, ids: TextTable): UserTable {
  const hashHigh = new Uint32Array(ids.count);
  const hashLow = new Uint32Array(ids.count);
  for (let user = 0; user < ids.count; user++) {
    hasher.hash(textBytesAt(ids, user));
    hashHigh[user] = hasher.high;
    hashLow[user] = hasher.low;
  }
  return { ids, hashHigh, hashLow };
}
