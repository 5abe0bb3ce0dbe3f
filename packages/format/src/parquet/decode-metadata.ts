import { corrupt } from "../damage.ts";
import { viewOf } from "../little-endian.ts";
import type {
  ColumnMeaning,
  FileMetadata,
  ParquetChunk,
  ParquetColumn,
  ParquetRowGroup,
} from "./file-metadata.ts";
import {
  convertedTypes,
  logicalTypes,
  PARQUET_END_BYTES,
  PARQUET_MAGIC,
  timeUnits,
} from "./parquet-codes.ts";
import {
  type FieldReader,
  fieldReader,
  readThriftStruct,
  type ThriftStruct,
} from "./thrift-reader.ts";

/**
 * The length of the metadata that ends where `tail` ends: the length field and magic left out.
 *
 * @throws {ShaleError} OBJECT_CORRUPT naming `source`
 */
export function metadataBytesOf(tail: Uint8Array, source: string): number {
  const magicAt = tail.length - PARQUET_MAGIC.length;
  if (magicAt < 4 || PARQUET_MAGIC.some((byte, index) => tail[magicAt + index] !== byte)) {
    throw corrupt(source, 'it does not end with "PAR1"');
  }
  return viewOf(tail).getUint32(tail.length - PARQUET_END_BYTES, true);
}

/**
 * The metadata of a flat Parquet file.
 *
 * @param bytes The Thrift struct alone.
 * @throws {ShaleError} OBJECT_CORRUPT naming `source`, also for nested columns
 */
export function decodeFileMetadata(bytes: Uint8Array, source: string): FileMetadata {
  const read = fieldReader(source);
  const { struct, end } = readThriftStruct(bytes, 0, source);
  if (end !== bytes.length) throw corrupt(source, "bytes follow its metadata");
  const [root, ...elements] = read.structs(struct, 2);
  if (root === undefined || read.whole(root, 5) !== elements.length) {
    throw corrupt(source, "its columns are not flat");
  }
  const columns = elements.map((element) => columnOf(read, element, source));
  return {
    columns,
    rows: read.whole(struct, 3),
    rowGroups: read.structs(struct, 4).map((group) => rowGroupOf(read, group, columns, source)),
    keyValues:
      struct.fields[5] === undefined
        ? []
        : read.structs(struct, 5).map((pair) => ({
            key: read.text(pair, 1),
            value: pair.fields[2] === undefined ? "" : read.text(pair, 2),
          })),
    createdBy: struct.fields[6] === undefined ? "" : read.text(struct, 6),
  };
}

function columnOf(read: FieldReader, element: ThriftStruct, source: string): ParquetColumn {
  const repetition = read.wholeOr(element, 3, 0);
  if (read.wholeOr(element, 5, 0) !== 0 || (repetition !== 0 && repetition !== 1)) {
    throw corrupt(source, "its columns are not flat");
  }
  return {
    name: read.text(element, 4),
    type: read.whole(element, 1),
    optional: repetition === 1,
    meaning: meaningOf(read, element),
  };
}

function meaningOf(read: FieldReader, element: ThriftStruct): ColumnMeaning {
  const logical = read.struct(element, 10);
  if (logical !== undefined) {
    if (logical.fields[logicalTypes.string] !== undefined) return "string";
    if (logical.fields[logicalTypes.json] !== undefined) return "json";
    const timestamp = read.struct(logical, logicalTypes.timestamp);
    const unit = timestamp === undefined ? undefined : read.struct(timestamp, 2);
    if (unit?.fields[timeUnits.millis] !== undefined) return "timestampMillis";
    if (unit?.fields[timeUnits.micros] !== undefined) return "timestampMicros";
    return "plain";
  }
  switch (read.wholeOr(element, 6, -1)) {
    case convertedTypes.utf8:
      return "string";
    case convertedTypes.json:
      return "json";
    case convertedTypes.timestampMillis:
      return "timestampMillis";
    case convertedTypes.timestampMicros:
      return "timestampMicros";
    default:
      return "plain";
  }
}

function rowGroupOf(
  read: FieldReader,
  group: ThriftStruct,
  columns: readonly ParquetColumn[],
  source: string,
): ParquetRowGroup {
  const chunks = read.structs(group, 1).map((chunk, index) => {
    const inside = read.struct(chunk, 3);
    if (inside === undefined) throw corrupt(source, "a chunk has no metadata");
    const [name, ...deeper] = read.texts(inside, 3);
    if (name !== columns[index]?.name || deeper.length > 0) {
      throw corrupt(source, `chunk ${index} is not of column ${columns[index]?.name}`);
    }
    return chunkOf(read, inside);
  });
  if (chunks.length !== columns.length) throw corrupt(source, "a row group misses a column");
  return { rows: read.whole(group, 3), chunks };
}

function chunkOf(read: FieldReader, chunk: ThriftStruct): ParquetChunk {
  const statistics = read.struct(chunk, 12);
  const listed = chunk.fields[2];
  return {
    encodings: Array.isArray(listed) ? listed.filter((one) => typeof one === "number") : [],
    codec: read.whole(chunk, 4),
    valueCount: read.whole(chunk, 5),
    uncompressedBytes: read.whole(chunk, 6),
    compressedBytes: read.whole(chunk, 7),
    dataPageOffset: read.whole(chunk, 9),
    dictionaryPageOffset: read.wholeOr(chunk, 11, undefined),
    statistics: {
      nulls: statistics === undefined ? undefined : read.wholeOr(statistics, 3, undefined),
      max: statistics === undefined ? undefined : read.bytes(statistics, 5),
      min: statistics === undefined ? undefined : read.bytes(statistics, 6),
    },
  };
}
