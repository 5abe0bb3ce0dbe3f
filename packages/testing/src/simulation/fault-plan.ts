export type StoreOperation = "get" | "head" | "put" | "delete" | "list";
export type DiskOperation =
  | "makeFolder"
  | "listNames"
  | "createLog"
  | "readFile"
  | "exists"
  | "createMarker"
  | "removeFile"
  | "removeFolder"
  | "append"
  | "sync"
  | "close";

/** One call across the border of a process. */
export type Operation =
  | { readonly where: "store"; readonly what: StoreOperation; readonly key: string }
  | { readonly where: "disk"; readonly what: DiskOperation; readonly key: string };

/**
 * What happens to one operation.
 *
 * - before: it fails and has no effect.
 * - after: it takes effect, and its reply is lost.
 * - torn: a share of its bytes is written (of appends; others have no effect), and it fails.
 * - late: it fails now and takes effect `operations` operations later (puts and deletes of a store;
 *   others: never).
 * - delay: it takes effect `ms` later, and succeeds.
 * - full: it fails with DISK_FULL and has no effect.
 * - pause: the process stops before it, as SIGSTOP stops it, until it is resumed; then it succeeds.
 * - crash: the process ends before, after or in the middle of it: neither this nor any later call
 *   of it comes back. With `power` its whole machine ends, and unsynced bytes may be gone.
 */
export type Fault =
  | { readonly kind: "before" | "after" | "full" | "pause" }
  | { readonly kind: "torn"; readonly share?: number | undefined }
  | { readonly kind: "late"; readonly operations: number }
  | { readonly kind: "delay"; readonly ms: number }
  | {
      readonly kind: "crash";
      readonly when: "before" | "after" | "torn";
      readonly power?: boolean | undefined;
    };

export interface FaultRule {
  /** 1-based number among the operations that this rule matches; absent: every one of them. */
  readonly at?: number | undefined;
  /** Only operations of this process; `SimulatedEnv.position`. */
  readonly process?: number | undefined;
  readonly where?: "store" | "disk" | undefined;
  readonly what?: readonly (StoreOperation | DiskOperation)[] | undefined;
  /** A part of the key or path. */
  readonly keyIncludes?: string | undefined;
  readonly fault: Fault;
}

/** Probabilities, 0 to 1, drawn from the seed for every operation. */
export interface FaultRates {
  readonly before?: number | undefined;
  readonly after?: number | undefined;
  readonly late?: number | undefined;
  readonly delay?: number | undefined;
}

/** Plain values, so that a plan can be printed, shrunk and sent. The first rule that fits decides. */
export interface FaultPlan {
  readonly rules?: readonly FaultRule[] | undefined;
  readonly rates?: FaultRates | undefined;
  /** A store that refuses to write one name twice within so many ms, as buckets do with a 429. */
  readonly rewriteIntervalMs?: number | undefined;
  /** Bytes that the disk takes before it is full; the write that crosses it is torn there. */
  readonly diskBytesMax?: number | undefined;
}
