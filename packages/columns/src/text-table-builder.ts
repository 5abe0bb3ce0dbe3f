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
  const utf8 = createUtf8Buffer();
  let offsets = new Uint32Array(16);

  /** Gives the next index to the text that was just written. */
  function add(text: string): number {
    const index = indexes.size;
    indexes.set(text, index);
    if (index + 1 === offsets.length) {
      const grown = new Uint32Array(offsets.length * 2);
      grown.set(offsets);
      offsets = grown;
    }
    invariant(utf8.byteLength <= TABLE_BYTES_MAX, "a text table holds less than 4 GiB");
    offsets[index + 1] = utf8.byteLength;
    return index;
  }
  function intern(text: string): number {
    const known = indexes.get(text);
    if (known !== undefined) return known;
    const wellFormed = text.toWellFormed();
    if (wellFormed !== text) return intern(wellFormed);
    utf8.writeText(text);
    return add(text);
  }
  function internBytes(source: Uint8Array): number {
    const text = decoder.decode(source);
    const known = indexes.get(text);
    if (known !== undefined) return known;
    utf8.writeBytes(source);
    return add(text);
  }
  return {
    get count() {
      return indexes.size;
    },
    get byteLength() {
      return utf8.byteLength;
    },
    intern,
    internBytes,
    build: () => ({
      count: indexes.size,
      bytes: utf8.copy(),
      offsets: offsets.slice(0, indexes.size + 1),
    }),
  };
}

/** Bytes that grow at their end. */
function createUtf8Buffer() {
  let bytes = new Uint8Array(256);
  let byteLength = 0;

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
  return {
    get byteLength() {
      return byteLength;
    },
    writeText(text: string): void {
      reserve(text.length * BYTES_PER_UNIT_MAX);
      if (text.length <= LOOP_CHARS_MAX && writeAscii(text)) return;
      byteLength += encoder.encodeInto(text, bytes.subarray(byteLength)).written;
    },
    writeBytes(source: Uint8Array): void {
      reserve(source.length);
      bytes.set(source, byteLength);
      byteLength += source.length;
    },
    copy: () => bytes.slice(0, byteLength),
  };
}
