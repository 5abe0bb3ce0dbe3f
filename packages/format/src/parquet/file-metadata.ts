/** One column of a flat file. */
export interface ParquetColumn {
  readonly name: string;
  /** One of `physicalTypes`. */
  readonly type: number;
  readonly optional: boolean;
  readonly meaning: ColumnMeaning;
}
/** "plain": the physical type alone, or a meaning that is not known here. */
export type ColumnMeaning = "plain" | "string" | "json" | "timestampMillis" | "timestampMicros";

/** Least and greatest value as PLAIN bytes, without the length of texts. */
export interface ChunkStatistics {
  readonly min: Uint8Array | undefined;
  readonly max: Uint8Array | undefined;
  readonly nulls: number | undefined;
}

/** The values of one column in one row group. */
export interface ParquetChunk {
  /** One of `blockCodecs`. */
  readonly codec: number;
  readonly encodings: readonly number[];
  /** Nulls counted. */
  readonly valueCount: number;
  readonly uncompressedBytes: number;
  /** Bytes from the first page header to the end of the last page. */
  readonly compressedBytes: number;
  readonly dictionaryPageOffset: number | undefined;
  readonly dataPageOffset: number;
  readonly statistics: ChunkStatistics;
}

export interface ParquetRowGroup {
  readonly rows: number;
  /** In the order of the columns. */
  readonly chunks: readonly ParquetChunk[];
}

export interface KeyValue {
  readonly key: string;
  readonly value: string;
}

/** What stands at the end of a Parquet file. */
export interface FileMetadata {
  readonly columns: readonly ParquetColumn[];
  readonly rows: number;
  readonly rowGroups: readonly ParquetRowGroup[];
  readonly keyValues: readonly KeyValue[];
  readonly createdBy: string;
}

/** Where the bytes of a chunk begin. */
export function chunkOffset(chunk: ParquetChunk): number {
  const { dictionaryPageOffset, dataPageOffset } = chunk;
  // Some writers leave 0 where there is no dictionary.
  return dictionaryPageOffset !== undefined && dictionaryPageOffset > 0
    ? Math.min(dictionaryPageOffset, dataPageOffset)
    : dataPageOffset;
}
