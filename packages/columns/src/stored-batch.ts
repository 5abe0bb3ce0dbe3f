import type { EventBatch } from "./event-batch.ts";

/**
 * Rows that come from several logs, as a day file holds them. Row i of every array is the same
 * event. Immutable once made.
 */
export interface StoredBatch extends EventBatch {
  /** Ordinal of the writer in whose log the row stands. */
  readonly writers: Float64Array;
  /** Its place there; (writer, seq) names one row of the project for ever. */
  readonly seqs: Float64Array;
  /** The number of cuts below the row's seq (protocol S1). */
  readonly generations: Uint32Array;
}
