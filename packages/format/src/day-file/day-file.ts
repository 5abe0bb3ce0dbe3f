import type { ColumnKind, EventBatch, StoredBatch, TextTable } from "@shale/columns";
import type { DayFileGeneration, DayFileSeqs } from "../manifest/manifest-document.ts";

/** Compression of column chunks. "lz4" is Parquet's LZ4_RAW. */
export type DayFileCompression = "none" | "lz4" | "snappy" | "zstd";

/** What an encoder is told beside the rows. */
export interface DayFileContent {
  readonly project: string;
  readonly spec: string;
  readonly shard: number;
  /** Shards of the spec: the order of users depends on it (S9). */
  readonly shards: number;
  /** Days since 1970-01-01. */
  readonly day: number;
  /** Highest tombstone number that was applied to the rows; 0 for none. */
  readonly tombstone: number;
  /**
   * A row at least, in the order of S9: users by place (`userPlaces`) and id, each user's rows by
   * time, event name, shown insert_id, then (seq, writer). `users` holds no user twice.
   */
  readonly batch: StoredBatch;
  /** No two rows have the same key (R3). */
  readonly distinct: boolean;
  /** Digests of the rows by generation, ascending. */
  readonly generations: readonly DayFileGeneration[];
}

/** Rows of one event name in a file. */
export interface DayFileEventCount {
  readonly event: string;
  readonly rows: number;
  /** Of them, those whose insert_id a client sent. */
  readonly clientRows: number;
}

/** One stored column: the property `name` in one kind. */
export interface DayFileColumn {
  readonly name: string;
  readonly kind: ColumnKind;
  /** Rows that have a value. */
  readonly rows: number;
}

/** A property column and the Parquet column that holds it. */
export interface NamedColumn extends DayFileColumn {
  /** `rest:json` for the rarest of very many: a JSON object a row. */
  readonly column: string;
}

/** A run of whole users in the file. */
export interface DayFileRowGroup {
  /** First row of the group in the file. */
  readonly start: number;
  readonly rows: number;
  /** Least and greatest place of its users, 16 hex digits. */
  readonly firstPlace: string;
  readonly lastPlace: string;
}

/** What a file says of itself. Decoded from the end of the object alone. */
export interface DayFileFooter {
  readonly project: string;
  readonly spec: string;
  readonly shard: number;
  readonly shards: number;
  readonly day: number;
  readonly tombstone: number;
  readonly rows: number;
  readonly clientRows: number;
  /** Distinct users, "" left out. */
  readonly users: number;
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
  readonly firstPlace: string;
  readonly lastPlace: string;
  readonly distinct: boolean;
  readonly generations: readonly DayFileGeneration[];
  readonly seqs: readonly DayFileSeqs[];
  /** By event name, bytewise. */
  readonly events: readonly DayFileEventCount[];
  /** Property columns, those of the rest column included. */
  readonly columns: readonly NamedColumn[];
  readonly rowGroups: readonly DayFileRowGroup[];
  readonly compression: DayFileCompression;
}

export interface EncodedDayFile {
  readonly bytes: Uint8Array;
  readonly footer: DayFileFooter;
  /** Bytes at the end that hold the footer, its length and magic: what `openDayFile` takes. */
  readonly footerBytes: number;
}

/** What of a file is wanted. Users, events and times always come. */
export interface DayFileSelection {
  /** Also insert_id, seq, writer and generation. */
  readonly places: boolean;
  /** Property names; every kind of each comes. */
  readonly properties: readonly string[] | "all";
  /** Numbers of row groups, ascending; default all. */
  readonly rowGroups?: readonly number[] | undefined;
}

/** Decoded rows of the selected row groups, one after the other, in file order. */
export interface DayFileRows {
  readonly rowCount: number;
  /** Distinct users in order of appearance, which is that of S9. */
  readonly userIds: TextTable;
  /** Index in `userIds`; never falls from row to row. */
  readonly userCodes: Uint32Array;
  readonly events: TextTable;
  readonly eventCodes: Uint32Array;
  readonly timesMs: Float64Array;
  /** undefined unless asked for. */
  readonly places: DayFilePlaces | undefined;
  readonly properties: EventBatch["properties"];
}
export type DayFilePlaces = Pick<
  StoredBatch,
  "writers" | "seqs" | "generations" | "insertIdCodes" | "insertIds"
>;

/** A part of the object that a decoder needs: bytes [offset, offset + length). */
export interface DayFileRange {
  readonly offset: number;
  readonly length: number;
}
