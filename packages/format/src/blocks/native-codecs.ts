import { createRequire } from "node:module";
import * as zlib from "node:zlib";
import { plainBytes } from "../little-endian.ts";

/** A compiled library for blocks of bytes. */
export interface NativeCodec {
  compress(bytes: Uint8Array): Uint8Array;
  /** Throws for a damaged block. */
  decompress(block: Uint8Array, sizeBytes: number): Uint8Array;
}
type NativeName = "lz4" | "snappy" | "zstd";

interface Lz4Library {
  compressSync(bytes: Uint8Array): Uint8Array;
  uncompressSync(bytes: Uint8Array): Uint8Array;
}
interface SnappyLibrary {
  compressSync(bytes: Uint8Array): Uint8Array;
  uncompressSync(bytes: Uint8Array, options: { readonly asBuffer: true }): Uint8Array;
}
/** Part of node:zlib from Node 22.15 on. */
interface ZstdLibrary {
  zstdCompressSync(bytes: Uint8Array): Uint8Array;
  zstdDecompressSync(bytes: Uint8Array): Uint8Array;
}

/** lz4-napi puts the size before the block, 4 bytes, little-endian. Parquet has it elsewhere. */
const LZ4_SIZE_BYTES = 4;

const load = createRequire(import.meta.url);
/** What was looked for, and whether it was found: libraries do not come and go in a process. */
const found = new Map<NativeName, NativeCodec | undefined>();

/** The library for a codec, undefined where it does not load on this machine. */
export function nativeCodec(name: NativeName): NativeCodec | undefined {
  if (!found.has(name)) found.set(name, openCodec(name));
  return found.get(name);
}

function openCodec(name: NativeName): NativeCodec | undefined {
  switch (name) {
    case "lz4": {
      const library = loaded<Lz4Library>("lz4-napi", "compressSync");
      return library === undefined ? undefined : lz4Codec(library);
    }
    case "snappy": {
      const library = loaded<SnappyLibrary>("snappy", "compressSync");
      if (library === undefined) return undefined;
      return {
        compress: (bytes) => plainBytes(library.compressSync(bytes)),
        decompress: (block) => plainBytes(library.uncompressSync(block, { asBuffer: true })),
      };
    }
    case "zstd": {
      const library: Partial<ZstdLibrary> = zlib as object;
      const { zstdCompressSync, zstdDecompressSync } = library;
      if (zstdCompressSync === undefined || zstdDecompressSync === undefined) return undefined;
      return {
        compress: (bytes) => plainBytes(zstdCompressSync(bytes)),
        decompress: (block) => plainBytes(zstdDecompressSync(block)),
      };
    }
  }
}

function lz4Codec(library: Lz4Library): NativeCodec {
  return {
    compress: (bytes) => plainBytes(library.compressSync(bytes).subarray(LZ4_SIZE_BYTES)),
    decompress(block, sizeBytes) {
      const sized = new Uint8Array(LZ4_SIZE_BYTES + block.length);
      new DataView(sized.buffer).setUint32(0, sizeBytes, true);
      sized.set(block, LZ4_SIZE_BYTES);
      return plainBytes(library.uncompressSync(sized));
    },
  };
}

/** Undefined where the package, or its compiled part for this machine, is not installed. */
function loaded<Library>(packageName: string, call: keyof Library): Library | undefined {
  try {
    const library = load(packageName) as Partial<Library>;
    return library[call] === undefined ? undefined : (library as Library);
  } catch {
    // Whatever stops it from loading, the caller has another way.
    return undefined;
  }
}
