import type { ChainVersion, Day, ProjectId, SpecName, WriterOrdinal } from "@shale/model";

/** Nonces of commits that a version carries, newest last (protocol P2). */
export const NONCES_KEPT = 64;

/**
 * One version of a project's catalog: everything that exists and is not said by a manifest.
 *
 * Immutable: a commit writes the next version. Times are ms since 1970 UTC by the committer's
 * clock and decide nothing. See docs/formats/catalog.md.
 */
export interface CatalogDocument {
  readonly project: ProjectId;
  readonly version: ChainVersion;
  /** Nonces of the last 64 commits, this version's own last. */
  readonly nonces: readonly string[];
  readonly createdMs: number;
  /** Every spec there ever was, in the order of their letters, the first is A. */
  readonly specs: readonly CatalogSpec[];
  /** The spec that answers. */
  readonly live: SpecName;
  /** Specs that the tail is kept for. */
  readonly fed: readonly SpecName[];
  /** Specs whose drains have stopped, with their way back (protocol S7). */
  readonly behind: readonly CatalogBehind[];
  /** The reshard under way. */
  readonly operation: CatalogOperation | null;
  /** Every step of every operation there was, oldest first. */
  readonly transitions: readonly CatalogTransition[];
  /** A cut is being taken for this operation: drains do not start (protocol S1). */
  readonly cutPending: { readonly operation: string } | null;
  /** Cut i begins generation i + 1. */
  readonly cuts: readonly CatalogCut[];
  /** Writers not yet retired, by ordinal. */
  readonly writers: readonly CatalogWriter[];
  /** The next ordinal to hand out; ordinals are shared by writers and loads. */
  readonly nextOrdinal: number;
  /** Ordinals whose watermark is infinity in every group (protocol W7): disjoint, ascending. */
  readonly retired: readonly OrdinalRange[];
  readonly tombstones: readonly CatalogTombstone[];
  readonly nextTombstone: number;
  /** Key of the tombstones' user hashes: 32 hex digits, drawn when the project was made. */
  readonly tombstoneKey: string;
  readonly loads: readonly CatalogLoad[];
  readonly retention: CatalogRetention;
  readonly audit: readonly CatalogAudit[];
}

export interface CatalogSpec {
  readonly spec: SpecName;
  readonly shards: number;
  readonly hash: "xxh64";
  readonly createdMs: number;
  /** Aborted or collected: its manifests are closed for ever, its letter is spent (protocol S6). */
  readonly closedMs: number | null;
}

/** Both ends included. */
export interface OrdinalRange {
  readonly from: WriterOrdinal;
  readonly to: WriterOrdinal;
}

/** A place in one writer's log: its tail object `n` ends at `lastSeq`. Both 0: before the first. */
export interface CatalogPosition {
  readonly n: number;
  readonly lastSeq: number;
}

/**
 * One position in every log, by ordinal: a writer in `infinite` stands at infinity, one in neither
 * was registered later. Rows are compared by `lastSeq`; `n` says from where to read tail objects.
 */
export interface CatalogVector {
  readonly positions: Readonly<Record<string, CatalogPosition>>;
  readonly infinite: readonly OrdinalRange[];
}

export interface CatalogCut extends CatalogVector {
  /** The generation that begins above this cut. */
  readonly generation: number;
  readonly operation: string;
  /** The spec that is fed from this cut on: its watermarks start here. */
  readonly spec: SpecName;
}

export interface CatalogBehind {
  readonly spec: SpecName;
  readonly sinceMs: number;
  /** The tail is kept again, up to a target that is null while it is being taken. */
  readonly catchUp: { readonly operation: string; readonly target: CatalogVector | null } | null;
}

export type CatalogOperationState =
  | "copying"
  | "teeing"
  | "backfilling"
  | "validating"
  | "finalized"
  | "aborting";

export interface CatalogOperation {
  readonly id: string;
  readonly source: SpecName;
  /** The spec that is being built. */
  readonly spec: SpecName;
  readonly strategy: "tee" | "chunked";
  readonly state: CatalogOperationState;
  readonly paused: boolean;
  readonly startedMs: number;
  /** First UTC day that is not copied ahead of the cut; frozen at begin. Only with `chunked`. */
  readonly horizonDay: Day | null;
  /** How long both specs stay fed after finalize. */
  readonly rollbackMs: number;
  readonly finalizedMs: number | null;
  /** Key of the validation token's object, null while there is no valid one. */
  readonly token: string | null;
  /** The source has been behind since finalize: no way back (protocol S5). */
  readonly sourceMissed: boolean;
  /** How fast rows may be copied; whoever copies looks at it before every job. */
  readonly throttle: CatalogThrottle;
  /** What last stopped the copying, until it goes on. */
  readonly lastError: CatalogFailure | null;
}

export interface CatalogThrottle {
  /** Of source files; null: as fast as it goes. */
  readonly bytesPerSecond: number | null;
  /** Jobs at the same time, 1 or more. */
  readonly concurrency: number;
  /** When jobs may begin; null: at any time. */
  readonly window: CatalogCopyWindow | null;
}

/** Every day from one time to another, which may lie after midnight. */
export interface CatalogCopyWindow {
  /** HH:MM, … */
  readonly from: string;
  /** … this one left out. */
  readonly to: string;
  /** IANA name. */
  readonly timezone: string;
}

export interface CatalogFailure {
  readonly atMs: number;
  readonly code: string;
  readonly message: string;
}

/**
 * One step of an operation, kept for ever. The steps of all operations in a row lead to the state
 * that the catalog is in.
 */
export interface CatalogTransition {
  /** From 1 without a gap: who listens asks for those after the last that it has heard of. */
  readonly number: number;
  readonly operation: string;
  readonly verb: string;
  readonly from: CatalogOperationState | "steady";
  readonly to: CatalogOperationState | "steady";
  readonly atMs: number;
  readonly by: string;
  /** What belongs to the step: the spec, the number of shards, the token, the cut. */
  readonly facts: Readonly<Record<string, string | number | boolean | null>>;
}

/** Names the process that registered a writer: a hint about who lives. */
export interface CatalogProcess {
  readonly host: string;
  readonly pid: number;
  readonly started: string;
}

export interface CatalogWriter {
  readonly ordinal: WriterOrdinal;
  /** Mark of the registration: its caller knows its ordinal by it after a lost reply (protocol P2). */
  readonly nonce: string;
  readonly process: CatalogProcess;
  readonly registeredMs: number;
  /** Its log was declared lost when its tail ended at `lastSeq`: it is no longer listed (protocol W5). */
  readonly forgotten: { readonly lastSeq: number; readonly atMs: number } | null;
}

export interface CatalogTombstone {
  readonly number: number;
  /** Keyed 128-bit hash of the user as 32 hex digits. */
  readonly userHash: string;
  /** Rows of the user at or below it are hidden. */
  readonly seq: number;
  readonly atMs: number;
}

export interface CatalogLoad {
  readonly id: string;
  readonly ordinal: WriterOrdinal;
  readonly shards: number;
  readonly adoptedMs: number;
}

export interface CatalogRetention {
  readonly keepMs: number | null;
  /** Rows of earlier UTC days are hidden (protocol C6). */
  readonly firstDay: Day | null;
}

/** Something an operator did that the data cannot show. Append only. */
export interface CatalogAudit {
  readonly atMs: number;
  readonly what: string;
  readonly by: string;
}
