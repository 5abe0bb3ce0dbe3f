import type { LoggedBatch } from "@shale/columns";
import type { DayFileEntry, DayFileIndex, TailHeader } from "@shale/format";
import type { ProjectId } from "@shale/model";
import type { DayRows } from "../rows/day-rows.ts";
import type { SourceOutline, SourceRows } from "../rows/source-rows.ts";
import type { BoundedCache } from "./bounded-cache.ts";
import { createBoundedCache } from "./bounded-cache.ts";
import type { ScanDictionaries } from "./scan-dictionaries.ts";
import { createScanDictionaries } from "./scan-dictionaries.ts";

export interface TailCacheOptions {
  /** Bytes of decoded columns to keep. More: fewer objects read and decoded again. */
  readonly bytesMax: number;
}

export type CacheEntry =
  | { readonly kind: "header"; readonly header: TailHeader }
  | { readonly kind: "outline"; readonly outline: SourceOutline }
  | { readonly kind: "rows"; readonly rows: SourceRows }
  | { readonly kind: "file"; readonly id: number; readonly index: DayFileIndex | undefined }
  | { readonly kind: "page"; readonly entries: readonly DayFileEntry[] }
  | { readonly kind: "day"; readonly day: DayRows };

/**
 * What scans keep between queries: headers and decoded tail objects with their rows sorted by shard
 * and day, and the rows of shard-days ready to be counted. All of it is made from immutable objects
 * and batches, so nothing in it is ever stale: it is only let go. Owned by one open store.
 */
export interface TailCache {
  /** Estimated bytes held, dictionaries left out. */
  readonly byteCount: number;
  readonly entries: BoundedCache<CacheEntry>;
  /** Batches of a writer's memory (W6), by number of shards; they go when the batch goes. */
  readonly memory: WeakMap<LoggedBatch, Map<number, SourceRows>>;
  /** Names a batch while the cache lives. */
  nextSourceId(): number;
  /** The shared dictionaries to begin a scan with. */
  dictionariesOf(project: ProjectId, shards: number): ScanDictionaries;
}

/** Share of the budget at which dictionaries begin anew, and with them all that holds their codes. */
const DICTIONARY_SHARE = 0.25;

export function createTailCache({ bytesMax }: TailCacheOptions): TailCache {
  const entries = createBoundedCache<CacheEntry>(bytesMax);
  const dictionaries = new Map<string, ScanDictionaries>();
  let sourceId = 0;
  return {
    get byteCount() {
      return entries.byteCount;
    },
    entries,
    memory: new WeakMap(),
    nextSourceId: () => ++sourceId,
    dictionariesOf(project, shards) {
      const key = `${project}/${shards}`;
      const known = dictionaries.get(key);
      if (known !== undefined && known.byteLength <= bytesMax * DICTIONARY_SHARE) return known;
      const fresh = createScanDictionaries(shards);
      dictionaries.set(key, fresh);
      return fresh;
    },
  };
}
