import { invariant } from "@shale/model";
import type { TextTable } from "./text-table.ts";

/** Collects distinct texts. Indexes count from 0 in order of first appearance. */
export interface TextTableBuilder {
  readonly count: number;
  /** Bytes of the distinct texts so far. */
  readonly byteLength: number;
  /** The index of `text`, added when new. Lone surrogates are kept as U+FFFD. */
  intern(text: string): number;
  /** As `intern`, for text that already is UTF-8. */
  internBytes(bytes: Uint8Array): number;
  /** A table of the texts so far. The builder may go on; the table does not change. */
  build(): TextTable;
}

/** Longest text written by the loop: beyond it one call of the encoder costs less. */
const LOOP_CHARS_MAX = 32;
/** A text of n UTF-16 units takes at most 3n bytes of UTF-8. */
const BYTES_PER_UNIT_MAX = 3;
/** Offsets are unsigned 32-bit numbers. */
const TABLE_BYTES_MAX = 0xffff_ffff;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function createTextTableBuilder(): TextTableBuilder {
  const indexes = new Map<string, number>();
  let bytes = new Uint8Array(256);
  let byteLength = 0;
  let offsets = new Uint32Array(16);

  function reserve(more: number): void {
    if (byteLength + more <= bytes.length) return;
    const grown = new Uint8Array(Math.max(byteLength + more, bytes.length * 2));
    grown.set(bytes.subarray(0, byteLength));
    bytes = grown;
  }
  function writeText(text: string): void {
    const unitCount = text.length;
    reserve(unitCount * BYTES_PER_UNIT_MAX);
    if (unitCount <= LOOP_CHARS_MAX) {
      let index = 0;
      for (; index < unitCount; index++) {
        const unit = text.charCodeAt(index);
        if (unit > 0x7f) break;
        bytes[byteLength + index] = unit;
      }
      if (index === unitCount) {
        byteLength += unitCount;
        return;
      }
    }
    byteLength += encoder.encodeInto(text, bytes.subarray(byteLength)).written;
  }
  function add(text: string): number {
    const index = indexes.size;
    indexes.set(text, index);
    if (index + 1 === offsets.length) {
      const grown = new Uint32Array(offsets.length * 2);
      grown.set(offsets);
      offsets = grown;
    }
    invariant(byteLength <= TABLE_BYTES_MAX, "a text table holds less than 4 GiB");
    offsets[index + 1] = byteLength;
    return index;
  }
  function intern(text: string): number {
    const known = indexes.get(text);
    if (known !== undefined) return known;
    const wellFormed = text.toWellFormed();
    if (wellFormed !== text) return intern(wellFormed);
    writeText(text);
    return add(text);
  }
  function internBytes(source: Uint8Array): number {
    const text = decoder.decode(source);
    const known = indexes.get(text);
    if (known !== undefined) return known;
    reserve(source.length);
    bytes.set(source, byteLength);
    byteLength += source.length;
    return add(text);
  }
  return {
    get count() {
      return indexes.size;
    },
    get byteLength() {
      return byteLength;
    },
    intern,
    internBytes,
    build: () => ({
      count: indexes.size,
      bytes: bytes.slice(0, byteLength),
      offsets: offsets.slice(0, indexes.size + 1),
    }),
  };
}
