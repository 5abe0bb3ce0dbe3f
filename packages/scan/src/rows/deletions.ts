import { tombstoneHash } from "@shale/columns";
import type { CatalogDocument } from "@shale/format";
import type { ShardId } from "@shale/model";
import type { ScanDictionaries } from "../cache/scan-dictionaries.ts";
import type { GatheredRows, SourcePart } from "./day-rows.ts";

/** The tombstones of a pin's catalog, ready to hide rows (protocol D1). */
export interface Deletions {
  /** Number of the newest tombstone: a file whose maker applied it has nothing to hide. */
  readonly newest: number;
  /** Equal for equal tombstones, and unlike every list of source numbers: all are below 0. */
  readonly signature: readonly number[];
  /** By user code of the shard: rows of the user at or below this seq are hidden; 0 for none. */
  limitsOf(dictionaries: ScanDictionaries, shard: ShardId): Float64Array;
}

interface KnownLimits {
  readonly name: string;
  readonly limits: Float64Array;
}
/** By dictionaries, then shard. They only grow, so that what was computed stays right. */
const known = new WeakMap<ScanDictionaries, Map<number, KnownLimits>>();

/** undefined when nobody is deleted. */
export function deletionsOf({
  tombstones,
  tombstoneKey,
}: Pick<CatalogDocument, "tombstones" | "tombstoneKey">): Deletions | undefined {
  const newest = tombstones.at(-1)?.number;
  if (newest === undefined) return undefined;
  const seqs = new Map<string, number>();
  for (const { userHash, seq } of tombstones) {
    seqs.set(userHash, Math.max(seqs.get(userHash) ?? 0, seq));
  }
  const signature = tombstones.map(({ number }) => -number);
  const name = signature.join();
  return {
    newest,
    signature,
    limitsOf(dictionaries, shard) {
      const shards = known.get(dictionaries) ?? new Map<number, KnownLimits>();
      known.set(dictionaries, shards);
      const users = dictionaries.usersOf(shard);
      const before = shards.get(shard);
      const start = before?.name === name ? before.limits : new Float64Array(0);
      if (start.length === users.count) return start;
      const limits = new Float64Array(users.count);
      limits.set(start);
      for (let code = start.length; code < limits.length; code++) {
        limits[code] = seqs.get(tombstoneHash(tombstoneKey, users.bytesAt(code))) ?? 0;
      }
      shards.set(shard, { name, limits });
      return limits;
    },
  };
}

export interface HidingRows {
  readonly parts: readonly SourcePart[];
  readonly rows: GatheredRows;
  /** By user code; undefined when nobody is deleted. */
  readonly limits: Float64Array | undefined;
  /** Hidden already; written to. */
  readonly duplicates: Uint8Array | undefined;
}

/** 1 = a duplicate, or a row of a deleted user; undefined when there is none. */
export function hiddenRows({ parts, rows, limits, duplicates }: HidingRows) {
  if (limits === undefined) return duplicates;
  const { userCodes, sourceRows, sourceStarts } = rows;
  let hidden = duplicates;
  for (const [index, { source }] of parts.entries()) {
    const end = sourceStarts[index + 1] ?? 0;
    for (let row = sourceStarts[index] ?? 0; row < end; row++) {
      const limit = limits[userCodes[row] ?? 0] ?? 0;
      if (limit === 0 || (source.seqs[sourceRows[row] ?? 0] ?? 0) > limit) continue;
      hidden ??= new Uint8Array(userCodes.length);
      hidden[row] = 1;
    }
  }
  return hidden;
}
