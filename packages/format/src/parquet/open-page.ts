import { type BlockCompression, decompressBlock } from "../blocks/block-codec.ts";
import { corrupt } from "../damage.ts";
import { viewOf } from "../little-endian.ts";
import type { ParquetColumn } from "./file-metadata.ts";
import type { PageHeader } from "./page-header.ts";
import { blockCodecs, encodings } from "./parquet-codes.ts";

/** A page, decompressed. */
export interface DataPage {
  readonly encoding: number;
  readonly bytes: Uint8Array;
  /** Where the values begin. */
  readonly start: number;
  /** Values, nulls left out. */
  readonly count: number;
}

/** A page as it lies in the file, behind its header. */
export interface StoredPage {
  readonly bytes: Uint8Array;
  /** One of `blockCodecs`. */
  readonly codec: number;
}

export interface OpenedPage extends Omit<DataPage, "count"> {
  /** undefined: of a required column. */
  readonly levels: Uint8Array | undefined;
}

/** @throws {ShaleError} OBJECT_CORRUPT naming `source` */
export function openDictionary(stored: StoredPage, header: PageHeader, source: string): DataPage {
  const bytes = decompressed(stored, header.uncompressedBytes, source);
  return { encoding: encodings.plain, bytes, start: 0, count: header.count };
}

/** @throws {ShaleError} OBJECT_CORRUPT naming `source` */
export function openPage(
  stored: StoredPage,
  header: PageHeader,
  column: ParquetColumn,
  source: string,
): OpenedPage {
  const { encoding, v2 } = header;
  if (v2 !== undefined) {
    const { definitionBytes, repetitionBytes, isCompressed } = v2;
    const levelBytes = definitionBytes + repetitionBytes;
    if (repetitionBytes !== 0 || definitionBytes < 0 || levelBytes > stored.bytes.length) {
      throw corrupt(source, "the levels of a page are impossible");
    }
    const levels = column.optional ? stored.bytes.subarray(0, levelBytes) : undefined;
    const bytes = stored.bytes.subarray(levelBytes);
    const size = header.uncompressedBytes - levelBytes;
    const codec = isCompressed ? stored.codec : blockCodecs.uncompressed;
    return { encoding, bytes: decompressed({ bytes, codec }, size, source), start: 0, levels };
  }
  const bytes = decompressed(stored, header.uncompressedBytes, source);
  if (!column.optional) return { encoding, bytes, start: 0, levels: undefined };
  if (bytes.length < 4) throw corrupt(source, "a page has no levels");
  const start = 4 + viewOf(bytes).getUint32(0, true);
  if (start > bytes.length) throw corrupt(source, "the levels of a page end early");
  return { encoding, bytes, start, levels: bytes.subarray(4, start) };
}

function decompressed({ bytes, codec }: StoredPage, sizeBytes: number, source: string): Uint8Array {
  const compression = compressionOf(codec, source);
  if (compression !== "none") return decompressBlock(compression, bytes, sizeBytes, source);
  if (bytes.length !== sizeBytes) throw corrupt(source, "a page has not the size that it says");
  return bytes;
}

function compressionOf(codec: number, source: string): BlockCompression {
  switch (codec) {
    case blockCodecs.uncompressed:
      return "none";
    case blockCodecs.snappy:
      return "snappy";
    case blockCodecs.zstd:
      return "zstd";
    case blockCodecs.lz4Raw:
      return "lz4";
    default:
      throw corrupt(source, `compression ${codec} is not supported`);
  }
}
