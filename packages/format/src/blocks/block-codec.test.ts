import type { ShaleError } from "@shale/model";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  blockCompressor,
  decompressBlock,
  defaultBlockCompression,
  plainDecompress,
} from "./block-codec.ts";
import { nativeCodec } from "./native-codecs.ts";

/** Bytes with repeats near and far, overlapping ones too. */
const blocks = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 9 }), fc.nat(400)).map(([part, times]) => {
        return Uint8Array.from(
          { length: part.length * times },
          (_one, i) => part[i % part.length]!,
        );
      }),
    ),
    { maxLength: 8 },
  )
  .chain((parts) => fc.shuffledSubarray([...parts, ...parts], { minLength: parts.length }))
  .map((parts) => new Uint8Array(Buffer.concat(parts)));

describe("blocks of bytes", () => {
  test.each(["lz4", "snappy"] as const)(
    "%s: plain JavaScript reads what the library wrote",
    (name) => {
      const { compress } = nativeCodec(name)!;
      fc.assert(
        fc.property(blocks, (bytes) => {
          const block = compress(bytes);
          expect(Buffer.compare(plainDecompress(name, block, bytes.length, "k"), bytes)).toBe(0);
          expect(Buffer.compare(decompressBlock(name, block, bytes.length, "k"), bytes)).toBe(0);
        }),
        { numRuns: 400 },
      );
    },
  );

  test.each(["lz4", "snappy", "zstd"] as const)(
    "%s: a damaged block is refused or gives as many bytes",
    (name) => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(200), (block, size) => {
          try {
            expect(plainDecompress(name, block, size, "k")).toHaveLength(size);
          } catch (error) {
            expect((error as ShaleError).code).toBe("OBJECT_CORRUPT");
          }
        }),
        { numRuns: 2000 },
      );
    },
  );

  test("the default is one that can be written", () => {
    expect(defaultBlockCompression()).toBe("lz4");
    expect(blockCompressor("none")).toBeUndefined();
    expect(blockCompressor("lz4")).toBeDefined();
    if (nativeCodec("zstd") === undefined) {
      expect(() => blockCompressor("zstd")).toThrow(/no zstd/);
    }
  });
});
