import type { UserHasher } from "@shale/columns";
import type { CallOptions } from "@shale/env";
import type { CatalogVector } from "@shale/format";
import type { SpecName, StoredEvent } from "@shale/model";
import type { TailCache } from "@shale/scan";
import type { ComparisonJournal } from "./comparison-journal.ts";

/** Events that a comparison lists, in all. */
export const DIFFERENCES_MAX = 1_000;

export interface ComparisonOptions extends CallOptions {
  /** The spec whose rows are right. */
  readonly source: SpecName;
  /** The spec that is checked against it. */
  readonly target: SpecName;
  /**
   * Every row is read from the objects themselves, the target's day files by a second reader, and
   * compared by a second digest and a second hash. Default: manifests answer for the shard-days
   * that are settled.
   */
  readonly full?: boolean | undefined;
  readonly hasher: UserHasher;
  /** Not used by a full comparison. */
  readonly cache: TailCache;
  /** Rows of both specs, those of equal days that were compared before included. */
  readonly onProgress?: ((progress: ComparisonProgress) => void) | undefined;
  /** Events listed at most, in all. Default 1,000. */
  readonly differencesMax?: number | undefined;
  /** Days that are as they were when they were compared before are not compared again. */
  readonly journal?: ComparisonJournal | undefined;
}
export interface ComparisonProgress {
  readonly done: number;
  readonly total: number;
}

/** Two specs at one cut (protocol S4). */
export interface SpecComparison {
  /** Every unit is equal and no row that was read is on a wrong shard. */
  readonly matched: boolean;
  /** Where both specs stood. */
  readonly hi: CatalogVector;
  /** Rows of both specs that were read and lie on a shard that is not their user's. */
  readonly misplaced: number;
  /** By day and generation, ascending. */
  readonly units: readonly ComparedUnit[];
  /** Where units differ: by day, generation and shard. */
  readonly differences: readonly UnitDifference[];
  /** Versions of the manifests that were read, by group; 0 for a group that has none. */
  readonly manifests: {
    readonly source: Readonly<Record<string, number>>;
    readonly target: Readonly<Record<string, number>>;
  };
  /** Rows read, duplicates and hidden ones included; by two readers counts twice. */
  readonly rowsRead: number;
  /** Of both specs, those that were not read: their manifests answered. */
  readonly shardDaysFromFooters: number;
}

/** The logical rows of one UTC day and generation: no duplicates, no rows of deleted users. */
export interface ComparedUnit {
  /** 2026-10-01. */
  readonly day: string;
  readonly generation: number;
  readonly equal: boolean;
  /** Of the source. */
  readonly old: UnitFacts;
  /** Of the target. */
  readonly new: UnitFacts;
}
export interface UnitFacts {
  readonly events: number;
  /** Distinct, "" left out. */
  readonly users: number;
  /** 32 hex digits (docs/formats/digest.md). */
  readonly digest: string;
}

export interface UnitDifference {
  readonly day: string;
  readonly generation: number;
  /** Of the target. */
  readonly shard: number;
  /** In the source and not in the target; an event as often as it is missing. */
  readonly missing: readonly StoredEvent[];
  /** In the target and not in the source. */
  readonly extra: readonly StoredEvent[];
}

/** What one UTC day gave; plain JSON. */
export interface DayComparison {
  readonly misplaced: number;
  readonly units: readonly ComparedUnit[];
  readonly differences: readonly UnitDifference[];
  readonly rowsRead: number;
  readonly shardDaysFromFooters: number;
}
