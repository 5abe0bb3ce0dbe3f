import type { Pin } from "@shale/catalog";
import type { StoredBatch, UserHasher } from "@shale/columns";
import { textBytesAt } from "@shale/columns";
import { generationAt } from "@shale/compaction";
import type { CallOptions, Env } from "@shale/env";
import type { Day, ShardId, WriterOrdinal } from "@shale/model";
import { DAY_MS, dayStartMs, shardOf } from "@shale/model";
import type { TailCache } from "@shale/scan";
import { scanShards, storedBatchOfScan } from "@shale/scan";
import { secondShardOf } from "./independent/xxhash64.ts";

export interface RowReading extends CallOptions {
  readonly env: Env;
  readonly pin: Pin;
  readonly cache: TailCache;
  readonly hasher: UserHasher;
}

/** The logical rows of one shard-day, as day files would hold them. */
export interface OwnRows {
  readonly shard: ShardId;
  readonly batch: StoredBatch;
  /** Duplicates and hidden ones included. */
  readonly rowsRead: number;
}

/**
 * The rows of a UTC day in these shards, through the store's own reader.
 *
 * @throws {ShaleError} as `scanShards`
 */
export async function* readOwnRows(
  { env, pin, cache, hasher, signal }: RowReading,
  day: Day,
  shards: readonly ShardId[],
): AsyncGenerator<OwnRows> {
  const { cuts } = pin.catalog;
  const generationOf = (writer: WriterOrdinal, seq: number) => generationAt(cuts, writer, seq);
  const fromMs = dayStartMs(day);
  for await (const scanned of scanShards(env, pin, {
    ...{ cache, shards, fromMs, toMs: fromMs + DAY_MS, signal },
    ...{ columns: "all", order: "none", detail: "events" },
  })) {
    const batch = storedBatchOfScan(scanned, hasher, { insertIds: "stored", generationOf });
    yield { shard: scanned.shard, batch, rowsRead: scanned.rowsRead };
  }
}

/** By user of the batch, the shard in a spec of so many. */
export function homesOf({ users }: Pick<StoredBatch, "users">, shards: number): Uint32Array {
  return Uint32Array.from(users.hashHigh, (high, user) =>
    shardOf(high, users.hashLow[user] ?? 0, shards),
  );
}

/** Rows whose user belongs to another shard, by the store's hash or, if asked, by the second. */
export function countMisplaced(
  { shard, batch }: OwnRows,
  shards: number,
  { proves }: { readonly proves: boolean },
): number {
  const isAway = homesOf(batch, shards).map((home, user) => {
    if (home !== shard) return 1;
    if (!proves) return 0;
    return secondShardOf(textBytesAt(batch.users.ids, user), shards) === shard ? 0 : 1;
  });
  return batch.userCodes.reduce((sum, user) => sum + (isAway[user] ?? 0), 0);
}
