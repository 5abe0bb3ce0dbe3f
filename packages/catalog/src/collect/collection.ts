import type { CallOptions, ObjectEntry } from "@shale/env";
import type {
  CatalogDocument,
  CatalogProcess,
  CondemnedObject,
  DayFileEntry,
  ManifestDocument,
} from "@shale/format";
import type { Day, SpecName, WriterOrdinal } from "@shale/model";
import type { StandingRecord } from "./condemned.ts";
import type { FoundWorkPin } from "./work-pins.ts";

/** The newest manifest of a group, with all its files. */
export interface GroupView {
  readonly manifest: ManifestDocument;
  readonly files: readonly Pick<DayFileEntry, "id" | "tombstone" | "seqs">[];
}

/**
 * All that a collection decides from, in the order in which it was read: the listing, the
 * manifests, the catalog, the pins and records, the store's time. The order is what makes it safe
 * (C5, R5).
 */
export interface CollectionView {
  readonly listed: readonly ObjectEntry[];
  /** Every group of every spec that has a manifest. */
  readonly groups: readonly GroupView[];
  readonly catalog: CatalogDocument;
  readonly pins: readonly FoundWorkPin[];
  readonly records: readonly StandingRecord[];
  readonly storeNowMs: number;
  /** How long an object stays after it was condemned. */
  readonly graceMs: number;
}

/** Why something can go. */
export type GarbageReason =
  | "unlisted" // A day file or page that the newest manifest does not list.
  | "drained" // A tail object below every watermark.
  | "retired" // A tail object of a retired writer.
  | "closed"; // A day file or page of a spec that was aborted or collected.

/** Why something that answers do not need is there still. */
export type KeptReason =
  | "grace" // Condemned not long enough ago.
  | "work-pin" // Long work may read it.
  | "claim" // Its job may commit yet.
  | "head" // The last tail object of a writer that is not retired.
  | "cut-pending" // A cut or a catch-up target is being taken.
  | "no-manifest" // Its group has no manifest.
  | "reachable-again" // Condemned, and yet listed: this is to be looked into.
  | "changed" // Another content stands under its key by now.
  | "unknown"; // Nothing that this version of the store makes.

export type CollectAction =
  | { readonly kind: "raise-first-day"; readonly day: Day }
  | {
      readonly kind: "drop-claim";
      readonly spec: SpecName;
      readonly group: number;
      readonly claim: string;
      readonly owner: CatalogProcess;
    }
  | { readonly kind: "retire-writers"; readonly writers: readonly WriterOrdinal[] }
  | { readonly kind: "condemn"; readonly object: CondemnedObject; readonly why: GarbageReason }
  | { readonly kind: "delete"; readonly object: CondemnedObject; readonly why: GarbageReason }
  | { readonly kind: "drop-record"; readonly entry: ObjectEntry }
  | { readonly kind: "drop-heartbeat"; readonly entry: ObjectEntry }
  | { readonly kind: "drop-pin"; readonly pin: FoundWorkPin }
  | { readonly kind: "retire-tombstones"; readonly numbers: readonly number[] };

export interface KeptObjects {
  readonly why: KeptReason;
  readonly objects: number;
}

export interface CollectionPlan {
  readonly actions: readonly CollectAction[];
  readonly kept: readonly KeptObjects[];
}

export interface CollectionOptions extends CallOptions {
  /** Default: an hour, and 0 when no other live process is known. */
  readonly graceMs?: number | undefined;
  /** Says what would be done, and writes nothing. */
  readonly dryRun?: boolean | undefined;
  /** Who started it, for the audit. Default "collect". */
  readonly by?: string | undefined;
  readonly onProgress?: ((progress: CollectionProgress) => void) | undefined;
}
export interface CollectionProgress {
  readonly step: "claims" | "writers" | "look" | "condemn" | "delete" | "prune" | "tombstones";
  readonly done: number;
  readonly total: number;
}

export interface CollectionReport {
  /** Day files, pages and tail objects. */
  readonly deletedObjects: number;
  readonly deletedBytes: number;
  readonly kept: readonly KeptObjects[];
  /** Objects that were condemned by this run. */
  readonly condemned: number;
  readonly graceMs: number;
  readonly firstDay: Day | null;
  /** Claims of dead jobs that were dropped. */
  readonly droppedClaims: number;
  readonly retiredWriters: readonly WriterOrdinal[];
  /** Numbers of the tombstones that were retired. */
  readonly retiredTombstones: readonly number[];
  /** What would be done, of a dry run. */
  readonly actions?: readonly CollectAction[] | undefined;
}
