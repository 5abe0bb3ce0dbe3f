import { corrupt } from "../damage.ts";
import { copyMatch } from "./lz4-block.ts";

/**
 * A Snappy block (without frames) of exactly `sizeBytes` bytes.
 *
 * @throws {ShaleError} OBJECT_CORRUPT naming `source`
 * @see https://github.com/google/snappy/blob/main/format_description.txt
 */
export function decodeSnappyBlock(
  block: Uint8Array,
  sizeBytes: number,
  source: string,
): Uint8Array {
  const { size, end } = readSize(block, source);
  if (size !== sizeBytes) throw corrupt(source, `a Snappy block says ${size}, not ${sizeBytes}`);
  const target = new Uint8Array(sizeBytes);
  let from = end;
  let to = 0;
  while (from < block.length) {
    const tag = block[from++] ?? 0;
    const kind = tag & 3;
    if (kind === 0) {
      let length = (tag >> 2) + 1;
      if (length > 60) {
        const width = length - 60;
        length = littleEndian(block, from, width) + 1;
        from += width;
      }
      if (length > block.length - from || length > sizeBytes - to) {
        throw corrupt(source, "literals of a Snappy block pass its end");
      }
      target.set(block.subarray(from, from + length), to);
      from += length;
      to += length;
      continue;
    }
    const width = kind === 3 ? 4 : kind;
    const low = littleEndian(block, from, width);
    from += width;
    const length = kind === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
    const distance = kind === 1 ? ((tag >> 5) << 8) | low : low;
    if (from > block.length || distance === 0 || distance > to || length > sizeBytes - to) {
      throw corrupt(source, "a copy of a Snappy block is out of range");
    }
    copyMatch(target, to, distance, length);
    to += length;
  }
  if (to !== sizeBytes) throw corrupt(source, `a Snappy block holds ${to} bytes, not ${sizeBytes}`);
  return target;
}

function readSize(block: Uint8Array, source: string): { size: number; end: number } {
  let size = 0;
  for (let at = 0, scale = 1; at < 5 && at < block.length; at++, scale *= 0x80) {
    const byte = block[at] ?? 0;
    size += (byte & 0x7f) * scale;
    if (byte < 0x80) return { size, end: at + 1 };
  }
  throw corrupt(source, "a Snappy block has no size");
}

function littleEndian(bytes: Uint8Array, at: number, width: number): number {
  let value = 0;
  for (let i = width - 1; i >= 0; i--) value = value * 256 + (bytes[at + i] ?? 0);
  return value;
}
