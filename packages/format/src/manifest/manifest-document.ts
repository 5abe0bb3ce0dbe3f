import type { ChainVersion, Day, ProjectId, ShardId, SpecName, WriterOrdinal } from "@shale/model";
import type { CatalogPosition, CatalogProcess, CatalogVector } from "../catalog-document.ts";

/** Ids of committed claims that a version carries. */
export const COMMITTED_KEPT = 64;

/**
 * One version of the manifest of a group, up to 64 shards of a spec: which day files there are, how
 * far the tail is drained, and who may commit what.
 *
 * Immutable: a commit writes the next version. Its files are those of its pages without `removed`,
 * and those `added`. See docs/formats/manifest.md.
 */
export interface ManifestDocument {
  readonly project: ProjectId;
  readonly spec: SpecName;
  /** Shards [64 group, 64 group + 64) of the spec. */
  readonly group: number;
  readonly version: ChainVersion;
  /** Nonces of the last 64 commits, this version's own last (protocol P2). */
  readonly nonces: readonly string[];
  /** Aborted: no further commit (protocol S6). ms since 1970 UTC, null while open. */
  readonly closedMs: number | null;
  /**
   * Tail objects up to here are in the day files. A writer in `infinite` is retired (W7); one in
   * neither stands at the spec's cut, or before its first object.
   */
  readonly watermarks: CatalogVector;
  /** Jobs that may commit (protocol C2). */
  readonly claims: readonly ManifestClaim[];
  /** The last 64 claims that were committed, newest last: their jobs' marks (protocol P2). */
  readonly committed: readonly string[];
  /** What a reshard has copied from another spec (protocol S2). */
  readonly copied: readonly ManifestCopy[];
  /** Where a catch-up froze the group (protocol S7). */
  readonly base: CatalogVector | null;
  /** By (firstDay, lastDay); the days of two pages may overlap. */
  readonly pages: readonly ManifestPageRef[];
  /** Files that stand in no page. */
  readonly added: readonly DayFileEntry[];
  /** Ids of files that stand in a page and are gone. */
  readonly removed: readonly string[];
  /** What compaction cost so far. */
  readonly written: ManifestWritten;
}

/** All five: what a drain committed is `drained`, what the others wrote again is `rewritten`. */
export interface ManifestWritten {
  readonly drainedRows: number;
  readonly drainedBytes: number;
  readonly rewrittenRows: number;
  readonly rewrittenBytes: number;
  readonly commits: number;
}

/**
 * - drain: the tail above the watermarks into day files.
 * - merge: files of shard-days into fewer; duplicates go.
 * - purge: files again without the rows under tombstones.
 * - expire: files of days before the first kept one go.
 * - copy: rows of another spec (a reshard).
 * - fold: entries into pages; no file changes.
 */
export type ManifestClaimKind = "drain" | "merge" | "purge" | "expire" | "copy" | "fold";

/** A job's right to commit (protocol C2). Its outputs are named `<id>-<number>`. */
export interface ManifestClaim {
  /** 32 hex digits, drawn for this job; never used again. */
  readonly id: string;
  readonly kind: ManifestClaimKind;
  readonly owner: CatalogProcess;
  /** Hint only, ms since 1970 UTC. */
  readonly startedMs: number;
  /** Ids of the files that it may drop. No two standing claims share one. */
  readonly inputs: readonly string[];
}

/** Rows of one source shard's day up to `vector` have been copied. */
export interface ManifestCopy {
  readonly shard: number;
  readonly day: Day;
  readonly vector: CatalogVector;
}

/** An immutable object with entries, found by name, checked by size and CRC-32. */
export interface ManifestPageRef {
  /** `<claim id>-<number>` of the fold that made it. */
  readonly id: string;
  readonly firstDay: Day;
  readonly lastDay: Day;
  readonly entryCount: number;
  readonly bytes: number;
  /** CRC-32 of the whole object, 8 hex digits. */
  readonly crc: string;
}

/** One day file as a manifest lists it: all that planning needs, so that no footer is read to prune. */
export interface DayFileEntry {
  /** `<claim id>-<number>` of the job that made it. */
  readonly id: string;
  readonly shard: ShardId;
  readonly day: Day;
  /** Size of the object. */
  readonly bytes: number;
  /** CRC-32 of the whole object, 8 hex digits. */
  readonly crc: string;
  /** The store's version token of the object. */
  readonly token: string;
  /** Bytes at the end of the object that hold the footer, its length and magic included. */
  readonly footerBytes: number;
  /** CRC-32 of those bytes, 8 hex digits. */
  readonly footerCrc: string;
  readonly rows: number;
  /** Rows whose insert_id a client sent: only those can have duplicates (R3, R4). */
  readonly clientRows: number;
  /** Distinct users, "" left out. */
  readonly users: number;
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
  /** Least and greatest place of a user in the order of S9, 16 hex digits each. */
  readonly firstPlace: string;
  readonly lastPlace: string;
  /** No two rows of the file have the same key (R3). */
  readonly distinct: boolean;
  /** Highest tombstone number that its maker applied; 0 for none (protocol D2). */
  readonly tombstone: number;
  /** Number and digest of the rows by generation, ascending (protocol C3). */
  readonly generations: readonly DayFileGeneration[];
  /** Least and greatest seq of each writer with a row in it, by ordinal. */
  readonly seqs: readonly DayFileSeqs[];
  /** Which events it has, by hashes of their names (see `eventHashesOf`); undefined: not told. */
  readonly eventHashes?: string | undefined;
}

export interface DayFileGeneration {
  readonly generation: number;
  readonly rows: number;
  /** Sum of the rows' digests mod 2^128, 32 hex digits. */
  readonly digest: string;
}

export interface DayFileSeqs {
  readonly writer: WriterOrdinal;
  readonly min: number;
  readonly max: number;
}

/** A place in one writer's tail, as watermarks hold it. */
export type ManifestPosition = CatalogPosition;
