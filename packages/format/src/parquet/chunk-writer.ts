import { invariant } from "@shale/model";
import { joinedBytes } from "./byte-sink.ts";
import type { ChunkStatistics, ParquetChunk } from "./file-metadata.ts";
import { encodePageHeader } from "./page-header.ts";
import { blockCodecs, encodings, pageTypes } from "./parquet-codes.ts";

/** Sizes of pages are signed 32-bit numbers. */
const PAGE_BYTES_MAX = 0x7fff_ffff;
/** A chunk that shrinks by less is stored as it is: it is read without a decompressor. */
const WORTHWHILE = 0.95;

/** Of larger pages samples are compressed first: bytes that do not shrink cost the most time. */
const SAMPLED_PAGE_BYTES_MIN = 32_768;
const SAMPLE_BYTES = 8_192;

/** Fewer bytes hardly shrink, and calling the compressor takes longer than reading them. */
const COMPRESSED_BYTES_MIN = 64;

/** One column in one row group, encoded but not yet compressed. */
export interface ChunkContent {
  readonly dictionary: { readonly count: number; readonly bytes: Uint8Array } | undefined;
  readonly pages: readonly PageContent[];
  readonly statistics: ChunkStatistics;
}
export interface PageContent {
  /** Nulls counted. */
  readonly rows: number;
  /** Of the values: one of `encodings`. */
  readonly encoding: number;
  /** Definition levels of an optional column, then the values. */
  readonly parts: readonly Uint8Array[];
}
/** How pages are compressed, if at all. */
export interface PageCompressor {
  /** One of `blockCodecs`. */
  readonly codec: number;
  compress(bytes: Uint8Array): Uint8Array;
}

export interface WrittenChunk {
  readonly parts: readonly Uint8Array[];
  readonly chunk: ParquetChunk;
}

interface Page {
  readonly type: number;
  readonly count: number;
  readonly encoding: number;
  readonly bytes: Uint8Array;
}

/** The bytes of a chunk that begins at `offset`, and what the metadata says of it. */
export function writeChunk(
  content: ChunkContent,
  offset: number,
  compressor: PageCompressor | undefined,
): WrittenChunk {
  const { dictionary, statistics } = content;
  const pages: Page[] = [];
  if (dictionary !== undefined) {
    const { count, bytes } = dictionary;
    pages.push({ type: pageTypes.dictionary, count, encoding: encodings.plain, bytes });
  }
  let valueCount = 0;
  for (const { rows, encoding, parts } of content.pages) {
    pages.push({ type: pageTypes.data, count: rows, encoding, bytes: joinedBytes(parts) });
    valueCount += rows;
  }
  const { bodies, codec } = compressPages(pages, compressor);
  const written: Uint8Array[] = [];
  let compressedBytes = 0;
  let uncompressedBytes = 0;
  let dataPageOffset: number | undefined;
  pages.forEach((page, index) => {
    const body = bodies[index] ?? page.bytes;
    invariant(page.bytes.length <= PAGE_BYTES_MAX, "a page has less than 2 GiB");
    const header = encodePageHeader({
      type: page.type,
      count: page.count,
      encoding: page.encoding,
      uncompressedBytes: page.bytes.length,
      compressedBytes: body.length,
    });
    if (page.type === pageTypes.data) dataPageOffset ??= offset + compressedBytes;
    written.push(header, body);
    compressedBytes += header.length + body.length;
    uncompressedBytes += header.length + page.bytes.length;
  });
  return {
    parts: written,
    chunk: {
      codec,
      encodings: [...new Set([...pages.map((page) => page.encoding), encodings.rle])],
      valueCount,
      uncompressedBytes,
      compressedBytes,
      dictionaryPageOffset: dictionary === undefined ? undefined : offset,
      dataPageOffset: dataPageOffset ?? offset,
      statistics,
    },
  };
}

/** All pages of a chunk have one codec: the compressor's, or none where it does not pay. */
function compressPages(
  pages: readonly Page[],
  compressor: PageCompressor | undefined,
): { readonly bodies: readonly Uint8Array[]; readonly codec: number } {
  const plain = { bodies: pages.map((page) => page.bytes), codec: blockCodecs.uncompressed };
  if (compressor === undefined || !mayShrink(pages, compressor)) return plain;
  let before = 0;
  let after = 0;
  const bodies = pages.map(({ bytes }) => {
    const body = compressor.compress(bytes);
    before += bytes.length;
    after += body.length;
    return body;
  });
  return after > before * WORTHWHILE ? plain : { bodies, codec: compressor.codec };
}

/** False where there are few bytes, or two samples of a large packed page hardly shrink. */
function mayShrink(pages: readonly Page[], compressor: PageCompressor): boolean {
  const [page] = pages;
  if (page === undefined) return false;
  if (pages.length > 1) {
    return pages.reduce((sum, { bytes }) => sum + bytes.length, 0) >= COMPRESSED_BYTES_MIN;
  }
  const { bytes, encoding } = page;
  if (bytes.length < COMPRESSED_BYTES_MIN) return false;
  const isPacked =
    encoding === encodings.deltaBinaryPacked || encoding === encodings.deltaLengthByteArray;
  if (!isPacked || bytes.length < SAMPLED_PAGE_BYTES_MIN) return true;
  const starts = [bytes.length >> 1, bytes.length - SAMPLE_BYTES];
  let after = 0;
  for (const start of starts) {
    after += compressor.compress(bytes.subarray(start, start + SAMPLE_BYTES)).length;
  }
  return after <= starts.length * SAMPLE_BYTES * WORTHWHILE;
}
