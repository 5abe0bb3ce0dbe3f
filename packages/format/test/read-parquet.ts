import { textAt } from "@shale/columns";
import { type ChunkValues, type ReadChunk, readChunk } from "../src/parquet/chunk-reader.ts";
import { decodeFileMetadata, metadataBytesOf } from "../src/parquet/decode-metadata.ts";
import { chunkOffset } from "../src/parquet/file-metadata.ts";
import { PARQUET_END_BYTES } from "../src/parquet/parquet-codes.ts";
import type { OpenRow } from "./other-readers.ts";

/** All rows of a flat file by our own reader, in the plain form of the other ones. */
export function readByShale(bytes: Uint8Array): readonly OpenRow[] {
  const end = bytes.length - PARQUET_END_BYTES;
  const start = end - metadataBytesOf(bytes, "file");
  const metadata = decodeFileMetadata(bytes.subarray(start, end), "file");
  return metadata.rowGroups.flatMap(({ rows, chunks }) => {
    const columns = chunks.map((chunk, number) => {
      const column = metadata.columns[number]!;
      const offset = chunkOffset(chunk);
      const part = bytes.subarray(offset, offset + chunk.compressedBytes);
      const isWide = column.type === 2;
      return {
        name: column.name,
        values: valuesOf(readChunk(part, chunk, column, "file"), isWide),
      };
    });
    return Array.from({ length: rows }, (_one, row) =>
      Object.fromEntries(columns.map(({ name, values }) => [name, values[row]])),
    );
  });
}

function valuesOf({ rows, present, values }: ReadChunk, isWide: boolean): readonly unknown[] {
  let at = 0;
  return Array.from({ length: rows }, (_one, row) =>
    present?.[row] === 0 ? null : valueAt(values, at++, isWide),
  );
}

function valueAt(values: ChunkValues, at: number, isWide: boolean): unknown {
  switch (values.kind) {
    case "texts":
      return textAt(values.table, values.codes === undefined ? at : values.codes[at]!);
    case "numbers":
      return isWide ? values.base + BigInt(values.values[at]!) : values.values[at];
    case "booleans":
      return values.values[at] === 1;
  }
}
