import type { LoggedBatch } from "@shale/columns";
import type { CallOptions } from "@shale/env";
import type { CatalogDocument, ManifestDocument } from "@shale/format";
import type { ShardingSpec, SpecName, TailNumber, WriterOrdinal } from "@shale/model";

/** A place in one writer's tail: its object `n` ends at `lastSeq`. Both 0: before the first. */
export interface TailPosition {
  readonly n: number;
  readonly lastSeq: number;
}

/** One tail object of a pin. */
export interface TailRef {
  readonly writer: WriterOrdinal;
  readonly n: TailNumber;
  readonly key: string;
}

/** One group of a pin: its rows are its files plus the tail objects in (watermark, hi]. */
export interface GroupState {
  /**
   * How far the group has drained each writer's tail; every writer of `hi` is there. A writer that
   * is retired in this group stands at infinity.
   */
  readonly watermarks: ReadonlyMap<WriterOrdinal, TailPosition>;
  /** Names the day files; undefined for a group that never had a manifest: it has none. */
  readonly manifest: ManifestDocument | undefined;
}

/** One exact cut of a project (protocol R1, R2). Nothing in it changes. */
export interface Pin {
  readonly catalog: CatalogDocument;
  readonly spec: ShardingSpec;
  /** Where the pin stands in each writer's tail. */
  readonly hi: ReadonlyMap<WriterOrdinal, TailPosition>;
  /** By the number of the group. */
  readonly groups: ReadonlyMap<number, GroupState>;
  /** Above the lowest watermark of the groups, up to hi: by writer, then ascending. */
  readonly tail: readonly TailRef[];
  /** Rows that are in no tail object of the pin: batches are cut to those (protocol W6). */
  readonly memory: readonly LoggedBatch[];
  /** Names this cut for `openPin({ snapshot })`. Opaque. */
  readonly snapshot: string;
}

export interface PinOptions extends CallOptions {
  /** Numbers of the groups that will be read; default all of the spec. */
  readonly groups?: readonly number[] | undefined;
  /** Default: the live one, or the snapshot's. */
  readonly spec?: SpecName | undefined;
  /** The rows of this process that are not flushed yet; called once for each try. */
  readonly takeMemory?: (() => readonly LoggedBatch[]) | undefined;
  /** The cut of an earlier pin, in place of the newest. */
  readonly snapshot?: string | undefined;
}
