import { corrupt } from "../damage.ts";
import { createByteSink } from "./byte-sink.ts";
import { encodings, pageTypes } from "./parquet-codes.ts";
import { fieldReader, readThriftStruct } from "./thrift-reader.ts";
import { thriftTypes } from "./thrift-writer.ts";

/** Stands before every page of a chunk. */
export interface PageHeader {
  /** One of `pageTypes`. */
  readonly type: number;
  readonly uncompressedBytes: number;
  readonly compressedBytes: number;
  /** Values of the page, nulls counted. */
  readonly count: number;
  readonly encoding: number;
  /** Of a page of version 2: its levels stand uncompressed before the rest. */
  readonly v2: PageV2 | undefined;
}
export interface PageV2 {
  readonly definitionBytes: number;
  readonly repetitionBytes: number;
  readonly isCompressed: boolean;
}

/** First byte of a field of 32 bits that follows the one before. */
const NEXT_I32 = (1 << 4) | thriftTypes.i32;
/** First byte of the struct of a page, by how far its field lies behind the sizes, field 3. */
const DICTIONARY_STRUCT = ((7 - 3) << 4) | thriftTypes.struct;
const DATA_STRUCT = ((5 - 3) << 4) | thriftTypes.struct;

/** A Thrift struct, as a thrift writer would make it: there is one before every page. */
export function encodePageHeader(header: Omit<PageHeader, "v2">): Uint8Array {
  const sink = createByteSink();
  const field = (value: number): void => {
    sink.byte(NEXT_I32);
    sink.varint(2 * value); // Zigzag; none is negative.
  };
  field(header.type);
  field(header.uncompressedBytes);
  field(header.compressedBytes);
  const isDictionary = header.type === pageTypes.dictionary;
  sink.byte(isDictionary ? DICTIONARY_STRUCT : DATA_STRUCT);
  field(header.count);
  field(header.encoding);
  if (!isDictionary) {
    field(encodings.rle); // Definition levels.
    field(encodings.rle); // Repetition levels, of which a flat file has none.
  }
  sink.byte(0);
  sink.byte(0);
  return sink.taken();
}

/**
 * The header at `start` and where its page begins.
 *
 * @throws {ShaleError} OBJECT_CORRUPT naming `source`
 */
export function decodePageHeader(
  bytes: Uint8Array,
  start: number,
  source: string,
): { readonly header: PageHeader; readonly end: number } {
  const read = fieldReader(source);
  const { struct, end } = readThriftStruct(bytes, start, source);
  const type = read.whole(struct, 1);
  const sizes = {
    type,
    uncompressedBytes: read.whole(struct, 2),
    compressedBytes: read.whole(struct, 3),
  };
  if (sizes.compressedBytes < 0 || sizes.uncompressedBytes < 0) {
    throw corrupt(source, "a page has a negative size");
  }
  if (sizes.compressedBytes > bytes.length - end) throw corrupt(source, "a page ends early");
  const inside = read.struct(
    struct,
    type === pageTypes.dataV2 ? 8 : type === pageTypes.data ? 5 : 7,
  );
  if (inside === undefined) throw corrupt(source, `a page of type ${type} is not known`);
  const count = read.whole(inside, 1);
  if (count < 0) throw corrupt(source, "a page has a negative count");
  if (type !== pageTypes.dataV2) {
    return { header: { ...sizes, count, encoding: read.whole(inside, 2), v2: undefined }, end };
  }
  const v2 = {
    definitionBytes: read.whole(inside, 5),
    repetitionBytes: read.whole(inside, 6),
    isCompressed: read.truth(inside, 7, true),
  };
  return { header: { ...sizes, count, encoding: read.whole(inside, 4), v2 }, end };
}
