import type { CatalogTombstone, DayFileFooter } from "@shale/format";
import type { Day, ProjectId, ShardId, SpecName } from "@shale/model";

/** The spec that files are made for; plain values, so that it crosses to a thread. */
export interface TaskPlace {
  readonly project: ProjectId;
  readonly spec: SpecName;
  readonly shards: number;
}

/** Users whose rows are gone, by keyed hash (protocol D1). */
export interface TaskTombstones {
  readonly key: string;
  readonly tombstones: readonly CatalogTombstone[];
}

/** A day file that is not stored yet. */
export interface EncodedFile {
  readonly shard: ShardId;
  readonly day: Day;
  readonly bytes: Uint8Array;
  readonly footerBytes: number;
  readonly footer: DayFileFooter;
}
