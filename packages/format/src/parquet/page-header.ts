import { corrupt } from "../damage.ts";
import { encodings, pageTypes } from "./parquet-codes.ts";
import { fieldReader, readThriftStruct } from "./thrift-reader.ts";
import { createThriftWriter } from "./thrift-writer.ts";

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

export function encodePageHeader(header: Omit<PageHeader, "v2">): Uint8Array {
  const writer = createThriftWriter();
  writer.i32(1, header.type);
  writer.i32(2, header.uncompressedBytes);
  writer.i32(3, header.compressedBytes);
  if (header.type === pageTypes.dictionary) {
    writer.struct(7, () => {
      writer.i32(1, header.count);
      writer.i32(2, header.encoding);
    });
  } else {
    writer.struct(5, () => {
      writer.i32(1, header.count);
      writer.i32(2, header.encoding);
      writer.i32(3, encodings.rle); // Definition levels.
      writer.i32(4, encodings.rle); // Repetition levels, of which a flat file has none.
    });
  }
  return writer.finished();
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
