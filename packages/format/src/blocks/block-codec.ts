import { ShaleError } from "@shale/model";
import { decompress as decompressZstd } from "fzstd";
import { corrupt } from "../damage.ts";
import { decodeLz4Block } from "./lz4-block.ts";
import { nativeCodec } from "./native-codecs.ts";
import { decodeSnappyBlock } from "./snappy-block.ts";

/** "lz4" is a raw block, without a frame. */
export type BlockCompression = "none" | "lz4" | "snappy" | "zstd";

/** The best compression that this process can write. Reading works for every one everywhere. */
export function defaultBlockCompression(): BlockCompression {
  if (nativeCodec("lz4") !== undefined) return "lz4";
  return nativeCodec("snappy") !== undefined ? "snappy" : "none";
}

/**
 * What compresses blocks.
 *
 * @throws {ShaleError} OPTION_INVALID where nothing on this machine can write it
 */
export function blockCompressor(
  compression: BlockCompression,
): ((bytes: Uint8Array) => Uint8Array) | undefined {
  if (compression === "none") return undefined;
  const native = nativeCodec(compression);
  if (native !== undefined) return native.compress;
  throw new ShaleError(
    "OPTION_INVALID",
    `Cannot compress by ${compression}: ${missing(compression)}`,
  );
}

function missing(compression: "lz4" | "snappy" | "zstd"): string {
  switch (compression) {
    case "lz4":
      return "the package lz4-napi does not load here";
    case "snappy":
      return "the package snappy does not load here";
    case "zstd":
      return "this Node has no zstd, 22.15 and later have";
  }
}

/**
 * The bytes of a block, exactly `sizeBytes`.
 *
 * @throws {ShaleError} OBJECT_CORRUPT naming `source`
 */
export function decompressBlock(
  compression: Exclude<BlockCompression, "none">,
  block: Uint8Array,
  sizeBytes: number,
  source: string,
): Uint8Array {
  const native = nativeCodec(compression);
  if (native === undefined) return plainDecompress(compression, block, sizeBytes, source);
  try {
    return sized(native.decompress(block, sizeBytes), sizeBytes, source);
  } catch (error) {
    throw corrupt(source, `a ${compression} block is damaged`, error);
  }
}

/** As `decompressBlock` does where no compiled library loads. */
export function plainDecompress(
  compression: Exclude<BlockCompression, "none">,
  block: Uint8Array,
  sizeBytes: number,
  source: string,
): Uint8Array {
  switch (compression) {
    case "lz4":
      return decodeLz4Block(block, sizeBytes, source);
    case "snappy":
      return decodeSnappyBlock(block, sizeBytes, source);
    case "zstd":
      try {
        return sized(decompressZstd(block), sizeBytes, source);
      } catch (error) {
        throw corrupt(source, "a zstd block is damaged", error);
      }
  }
}

function sized(bytes: Uint8Array, sizeBytes: number, source: string): Uint8Array {
  if (bytes.length === sizeBytes) return bytes;
  throw corrupt(source, `a block holds ${bytes.length} bytes, not ${sizeBytes}`);
}
