import type {
  FileMetadata,
  ParquetChunk,
  ParquetColumn,
  ParquetRowGroup,
} from "./file-metadata.ts";
import { chunkOffset } from "./file-metadata.ts";
import { convertedTypes, logicalTypes, timeUnits } from "./parquet-codes.ts";
import { createThriftWriter, type ThriftWriter } from "./thrift-writer.ts";

/** 2: data pages may have any encoding of the format. */
const PARQUET_VERSION = 2;
const REQUIRED = 0;
const OPTIONAL = 1;

/** The metadata as a Thrift struct, without its length and the magic. */
export function encodeFileMetadata(metadata: FileMetadata): Uint8Array {
  const { columns, rows, rowGroups, keyValues, createdBy } = metadata;
  const writer = createThriftWriter();
  writer.i32(1, PARQUET_VERSION);
  writer.structs(2, [undefined, ...columns], (column) => {
    if (column !== undefined) writeColumn(writer, column);
    else {
      writer.text(4, "schema");
      writer.i32(5, columns.length);
    }
  });
  writer.i64(3, rows);
  writer.structs(4, rowGroups, (group) => writeRowGroup(writer, columns, group));
  writer.structs(5, keyValues, ({ key, value }) => {
    writer.text(1, key);
    writer.text(2, value);
  });
  writer.text(6, createdBy);
  // Without the order of a column, readers must not trust its least and greatest value.
  writer.structs(7, columns, () => writer.struct(1, () => undefined));
  return writer.finished();
}

function writeColumn(writer: ThriftWriter, column: ParquetColumn): void {
  writer.i32(1, column.type);
  writer.i32(3, column.optional ? OPTIONAL : REQUIRED);
  writer.text(4, column.name);
  switch (column.meaning) {
    case "plain":
      return;
    case "string":
      writer.i32(6, convertedTypes.utf8);
      writer.struct(10, () => writer.struct(logicalTypes.string, () => undefined));
      return;
    case "json":
      writer.i32(6, convertedTypes.json);
      writer.struct(10, () => writer.struct(logicalTypes.json, () => undefined));
      return;
    case "timestampMillis":
      writer.i32(6, convertedTypes.timestampMillis);
      writeTimestamp(writer, timeUnits.millis);
      return;
    case "timestampMicros":
      writer.i32(6, convertedTypes.timestampMicros);
      writeTimestamp(writer, timeUnits.micros);
      return;
  }
}

function writeTimestamp(writer: ThriftWriter, unit: number): void {
  writer.struct(10, () =>
    writer.struct(logicalTypes.timestamp, () => {
      writer.bool(1, true); // Adjusted to UTC.
      writer.struct(2, () => writer.struct(unit, () => undefined));
    }),
  );
}

function writeRowGroup(
  writer: ThriftWriter,
  columns: readonly ParquetColumn[],
  group: ParquetRowGroup,
): void {
  const places = group.chunks.map((chunk, index) => ({ chunk, column: columns[index] }));
  let uncompressedBytes = 0;
  let compressedBytes = 0;
  for (const chunk of group.chunks) {
    uncompressedBytes += chunk.uncompressedBytes;
    compressedBytes += chunk.compressedBytes;
  }
  const [first] = group.chunks;
  writer.structs(1, places, ({ chunk, column }) => {
    writer.i64(2, chunkOffset(chunk));
    writer.struct(3, () => writeChunk(writer, column, chunk));
  });
  writer.i64(2, uncompressedBytes);
  writer.i64(3, group.rows);
  if (first !== undefined) writer.i64(5, chunkOffset(first));
  writer.i64(6, compressedBytes);
}

function writeChunk(
  writer: ThriftWriter,
  column: ParquetColumn | undefined,
  chunk: ParquetChunk,
): void {
  writer.i32(1, column?.type ?? 0);
  writer.i32s(2, chunk.encodings);
  writer.texts(3, [column?.name ?? ""]);
  writer.i32(4, chunk.codec);
  writer.i64(5, chunk.valueCount);
  writer.i64(6, chunk.uncompressedBytes);
  writer.i64(7, chunk.compressedBytes);
  writer.i64(9, chunk.dataPageOffset);
  if (chunk.dictionaryPageOffset !== undefined) writer.i64(11, chunk.dictionaryPageOffset);
  const { min, max, nulls } = chunk.statistics;
  writer.struct(12, () => {
    if (nulls !== undefined) writer.i64(3, nulls);
    if (max !== undefined) writer.binary(5, max);
    if (min !== undefined) writer.binary(6, min);
  });
}
