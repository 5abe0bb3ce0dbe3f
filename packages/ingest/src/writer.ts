import type { Adoption } from "@shale/catalog";
import type { EventBatch, LoggedBatch } from "@shale/columns";
import type { Durability, WriterOrdinal } from "@shale/model";
import type { SeqRange } from "./append/append-queue.ts";

export interface WriterAppendOptions {
  /**
   * "wal": fsynced on the local disk. "committed": in the tail, for every process.
   * Default: "wal" with a disk, "committed" without.
   */
  readonly durability?: Durability | undefined;
  /** Stops the append as long as it waits; once it is being written, it runs to its end. */
  readonly signal?: AbortSignal | undefined;
}

/** Appends of one process to one project, under one ordinal after the other. */
export interface Writer extends AsyncDisposable {
  /**
   * The ordinal that rows get now. It changes after another process took the log over, in the same
   * step as the rows of `takeMemory`: a pin that took memory under one ordinal and has read its
   * heads when there is another may hold moved rows twice, and is to be taken again.
   */
  readonly ordinal: WriterOrdinal;
  /**
   * Keeps the rows of a batch, whole or not at all, with consecutive seqs. Acknowledgements of one
   * durability come in the order of the calls. While memory is full, it waits.
   *
   * @throws {ShaleError} DURABILITY_UNSUPPORTED: "wal" without a disk. CANCELLED, STORE_CLOSED:
   * not
   *   kept. DISK_FULL, DISK_FAILED, STORE_UNAVAILABLE, PERMISSION_DENIED, STORE_READ_ONLY,
   *   WRITER_FENCED: not acknowledged; it may turn up later, whole and once, or never.
   */
  append(batch: EventBatch, options?: WriterAppendOptions): Promise<SeqRange>;
  /**
   * Resolves when the tail holds every row of the appends that were called before.
   *
   * @throws {ShaleError} STORE_CLOSED, or what the store answers; the rows stay and are tried
   * again
   */
  flush(): Promise<void>;
  /**
   * Acknowledged rows that are not confirmed in the tail, in the order of their seqs (W6). Taken
   * before the heads of a pin are read; of them only rows above the writer's lastSeq at hi count.
   * Without a disk always []: an append that is only in memory can still be refused.
   */
  takeMemory(): readonly LoggedBatch[];
  /**
   * Adopts the newest catalog now and not at the next heartbeat: rows that come later have seqs
   * above its tombstones (D1).
   *
   * @throws {ShaleError} PROJECT_NOT_FOUND, and what the store answers: the next heartbeat adopts
   * it
   */
  adoptCatalog(): Promise<Adoption>;
  /** Later rows get seqs above `seq`: for seqs that this process has read elsewhere. */
  raiseSeqs(seq: number): void;
  /**
   * Writes what was appended before, seals the tail and removes the log. Idempotent.
   *
   * @throws {ShaleError} when the store does not take the last rows within `closeWaitMs`: the log
   *   stays for `recoverLogs`, and rows without a log were refused
   */
  close(): Promise<void>;
}
