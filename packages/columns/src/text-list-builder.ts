import { invariant } from "@shale/model";
import type { TextTable } from "./text-table.ts";

/** Writes texts one behind the other, equal ones too. Indexes count from 0. */
export interface TextListBuilder {
  readonly count: number;
  /** Bytes of the texts so far. */
  readonly byteLength: number;
  /** Adds well-formed text. */
  add(text: string): number;
  /** Adds text that already is UTF-8. */
  addBytes(bytes: Uint8Array): number;
  /** A table of the texts so far. The builder may go on; the table does not change. */
  build(): TextTable;
}

/** Longest text written by the loop: beyond it one call of the encoder costs less. */
const LOOP_CHARS_MAX = 32;
/** A text of n UTF-16 units takes at most 3n bytes of UTF-8. */
const BYTES_PER_UNIT_MAX = 3;
/** Small: a batch with thousands of rare properties has a builder for each. */
const BYTES_AT_FIRST = 64;
const TEXTS_AT_FIRST = 4;
/** Offsets are unsigned 32-bit numbers. */
const TABLE_BYTES_MAX = 0xffff_ffff;

const encoder = new TextEncoder();

export function createTextListBuilder(): TextListBuilder {
  let bytes = new Uint8Array(BYTES_AT_FIRST);
  let byteLength = 0;
  let offsets = new Uint32Array(TEXTS_AT_FIRST);
  let count = 0;

  function reserve(more: number): void {
    if (byteLength + more <= bytes.length) return;
    const grown = new Uint8Array(Math.max(byteLength + more, bytes.length * 2));
    grown.set(bytes.subarray(0, byteLength));
    bytes = grown;
  }
  /** True when the whole text was ASCII; otherwise nothing counts as written. */
  function writeAscii(text: string): boolean {
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index);
      if (unit > 0x7f) return false;
      bytes[byteLength + index] = unit;
    }
    byteLength += text.length;
    return true;
  }
  /** Ends the text that was written last. */
  function endText(): number {
    if (count + 1 === offsets.length) {
      const grown = new Uint32Array(offsets.length * 2);
      grown.set(offsets);
      offsets = grown;
    }
    invariant(byteLength <= TABLE_BYTES_MAX, "a text table holds less than 4 GiB");
    offsets[count + 1] = byteLength;
    return count++;
  }
  return {
    get count() {
      return count;
    },
    get byteLength() {
      return byteLength;
    },
    add(text) {
      reserve(text.length * BYTES_PER_UNIT_MAX);
      if (text.length > LOOP_CHARS_MAX || !writeAscii(text)) {
        byteLength += encoder.encodeInto(text, bytes.subarray(byteLength)).written;
      }
      return endText();
    },
    addBytes(source) {
      reserve(source.length);
      bytes.set(source, byteLength);
      byteLength += source.length;
      return endText();
    },
    build: () => ({
      count,
      bytes: bytes.slice(0, byteLength),
      offsets: offsets.slice(0, count + 1),
    }),
  };
}
