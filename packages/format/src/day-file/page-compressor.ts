import { type BlockCompression, blockCompressor } from "../blocks/block-codec.ts";
import type { PageCompressor } from "../parquet/chunk-writer.ts";
import { blockCodecs } from "../parquet/parquet-codes.ts";

/**
 * What compresses pages; undefined for "none".
 *
 * @throws {ShaleError} OPTION_INVALID for a compression that nothing here can write
 */
export function pageCompressor(compression: BlockCompression): PageCompressor | undefined {
  const compress = blockCompressor(compression);
  if (compress === undefined) return undefined;
  switch (compression) {
    case "none":
      return undefined;
    case "lz4":
      return { codec: blockCodecs.lz4Raw, compress };
    case "snappy":
      return { codec: blockCodecs.snappy, compress };
    case "zstd":
      return { codec: blockCodecs.zstd, compress };
  }
}
