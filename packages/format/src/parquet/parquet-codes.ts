/** Numbers of the Parquet format (parquet.thrift), as far as flat files need them. */
export const physicalTypes = {
  boolean: 0,
  int32: 1,
  int64: 2,
  int96: 3,
  float: 4,
  double: 5,
  byteArray: 6,
  fixed: 7,
} as const;

export const convertedTypes = {
  utf8: 0,
  timestampMillis: 9,
  timestampMicros: 10,
  json: 19,
} as const;

/** Fields of the LogicalType union. */
export const logicalTypes = { string: 1, timestamp: 8, json: 12 } as const;
/** Fields of the TimeUnit union. */
export const timeUnits = { millis: 1, micros: 2, nanos: 3 } as const;

export const encodings = {
  plain: 0,
  plainDictionary: 2,
  rle: 3,
  bitPacked: 4,
  deltaBinaryPacked: 5,
  deltaLengthByteArray: 6,
  deltaByteArray: 7,
  rleDictionary: 8,
} as const;

export const blockCodecs = {
  uncompressed: 0,
  snappy: 1,
  gzip: 2,
  zstd: 6,
  lz4Raw: 7,
} as const;

export const pageTypes = { data: 0, index: 1, dictionary: 2, dataV2: 3 } as const;

/** "PAR1", first and last four bytes of every file. */
export const PARQUET_MAGIC = Uint8Array.of(0x50, 0x41, 0x52, 0x31);
/** The length of the metadata and the magic, at the very end. */
export const PARQUET_END_BYTES = 8;
