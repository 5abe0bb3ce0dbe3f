import { corrupt } from "../damage.ts";

/** Shorter copies are cheaper in a loop than by a call. */
const LOOP_BYTES_MAX = 24;

/**
 * An LZ4 block (Parquet's LZ4_RAW) of exactly `sizeBytes` bytes. Serves where no native library
 * loads.
 *
 * @throws {ShaleError} OBJECT_CORRUPT naming `source`
 * @see https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md
 */
export function decodeLz4Block(block: Uint8Array, sizeBytes: number, source: string): Uint8Array {
  const target = new Uint8Array(sizeBytes);
  let from = 0;
  let to = 0;
  while (from < block.length) {
    const token = block[from++] ?? 0;
    let literals = token >> 4;
    if (literals === 15) {
      let more = 255;
      while (more === 255 && from < block.length) {
        more = block[from++] ?? 0;
        literals += more;
      }
    }
    if (literals > block.length - from || literals > sizeBytes - to) {
      throw corrupt(source, "literals of an LZ4 block pass its end");
    }
    if (literals > LOOP_BYTES_MAX) target.set(block.subarray(from, from + literals), to);
    else for (let i = 0; i < literals; i++) target[to + i] = block[from + i] ?? 0;
    from += literals;
    to += literals;
    if (from === block.length) break; // The last sequence has literals only.
    if (block.length - from < 2) throw corrupt(source, "an LZ4 block ends early");
    const distance = (block[from] ?? 0) | ((block[from + 1] ?? 0) << 8);
    from += 2;
    let length = (token & 15) + 4;
    if (length === 19) {
      let more = 255;
      while (more === 255 && from < block.length) {
        more = block[from++] ?? 0;
        length += more;
      }
    }
    if (distance === 0 || distance > to || length > sizeBytes - to) {
      throw corrupt(source, "a match of an LZ4 block is out of range");
    }
    copyMatch(target, to, distance, length);
    to += length;
  }
  if (to !== sizeBytes) throw corrupt(source, `an LZ4 block holds ${to} bytes, not ${sizeBytes}`);
  return target;
}

/** Copies bytes that lie `distance` before; they may overlap what is being written. */
export function copyMatch(target: Uint8Array, to: number, distance: number, length: number): void {
  const end = to + length;
  if (length <= LOOP_BYTES_MAX) {
    for (let i = to; i < end; i++) target[i] = target[i - distance] ?? 0;
    return;
  }
  // Each step doubles what can be copied without overlap.
  for (let done = to, step = distance; done < end; done += step, step *= 2) {
    if (step > end - done) step = end - done;
    target.copyWithin(done, to - distance, to - distance + step);
  }
}
