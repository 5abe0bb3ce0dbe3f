import type { Day, ShardId, StoredEvent } from "@shale/model";

/** Distinct texts by code. Grows while a scan runs; a code never changes its text. */
export interface TextCodes {
  /** Codes are 0 to count - 1. */
  readonly count: number;
  textAt(code: number): string;
  /** UTF-8. A view: it holds until the next text is added. */
  bytesAt(code: number): Uint8Array;
  /** -1 when the text has no code. */
  codeOf(text: string): number;
}

/** One property over the rows of a batch: a row has a value of at most one kind. */
export interface ScanProperty {
  readonly name: string;
  readonly string: TextProperty | undefined;
  /** Each text is a list as canonical JSON. */
  readonly list: TextProperty | undefined;
  /** NaN = absent. */
  readonly number: Float64Array | undefined;
  /** 0 = absent, 1 = false, 2 = true. */
  readonly boolean: Uint8Array | undefined;
}
export interface TextProperty {
  /** 0 = absent, else 1 + code in `texts`. */
  readonly codes: Uint32Array;
  readonly texts: TextCodes;
}

/**
 * The rows of one shard's UTC day at one pin: no duplicate, no hidden row (R3). Row i of every
 * array is the same event. Codes mean the same in all batches of a scan that share the table:
 * `users` is one table for each shard, `events` and the properties' texts one for the project.
 */
export interface ScanBatch {
  readonly shard: ShardId;
  readonly day: Day;
  readonly rowCount: number;
  /** Rows read for it, duplicates and hidden ones included. */
  readonly rowsRead: number;
  readonly users: TextCodes;
  readonly userCodes: Uint32Array;
  readonly events: TextCodes;
  readonly eventCodes: Uint32Array;
  /** Epoch ms, UTC. */
  readonly timesMs: Float64Array;
  /** Those asked for that any row of the batch has, by name. */
  readonly properties: ReadonlyMap<string, ScanProperty>;
  /** This and the next need a scan with detail "events". */
  seqAt(row: number): number;
  writerAt(row: number): number;
  /** UTF-8 of the insert_id as it is shown: `~<writer>-<seq>` where none was sent. */
  insertIdAt(row: number): Uint8Array;
  /** The event with all its properties, for the rim. */
  eventAt(row: number): StoredEvent;
}
