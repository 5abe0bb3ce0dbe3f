/** Longest text written by a loop where it is ASCII: beyond it the encoder costs less. */
const LOOP_CHARS_MAX = 48;

const encoder = new TextEncoder();

/** Bytes written one after the other, for headers and metadata. Pages are typed arrays. */
export interface ByteSink {
  readonly length: number;
  byte(value: number): void;
  bytes(values: Uint8Array): void;
  /** A whole number, 0 <= value <= 2^53, seven bits a byte. */
  varint(value: number): void;
  /** A text as UTF-8, with its length in bytes before it. */
  text(value: string): void;
  /** The bytes so far, copied. */
  taken(): Uint8Array;
}

/** @param capacity Bytes to begin with; up to 64 are made at hardly any cost. */
export function createByteSink(capacity = 64): ByteSink {
  let buffer = new Uint8Array(capacity);
  let length = 0;

  function reserve(more: number): void {
    if (length + more <= buffer.length) return;
    const grown = new Uint8Array(Math.max(length + more, 2 * buffer.length));
    grown.set(buffer.subarray(0, length));
    buffer = grown;
  }
  function varint(value: number): void {
    reserve(8);
    let rest = value;
    while (rest >= 0x80) {
      buffer[length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    buffer[length++] = rest;
  }
  function bytes(values: Uint8Array): void {
    reserve(values.length);
    buffer.set(values, length);
    length += values.length;
  }
  /** True when the whole text was ASCII; otherwise nothing counts as written. */
  function writeAscii(value: string): boolean {
    reserve(1 + value.length);
    buffer[length] = value.length;
    for (let i = 0; i < value.length; i++) {
      const unit = value.charCodeAt(i);
      if (unit > 0x7f) return false;
      buffer[length + 1 + i] = unit;
    }
    length += 1 + value.length;
    return true;
  }
  return {
    get length() {
      return length;
    },
    byte(value) {
      reserve(1);
      buffer[length++] = value;
    },
    bytes,
    varint,
    text(value) {
      if (value.length <= LOOP_CHARS_MAX && writeAscii(value)) return;
      const encoded = encoder.encode(value);
      varint(encoded.length);
      bytes(encoded);
    },
    taken: () => buffer.slice(0, length),
  };
}

/** All parts as one. */
export function joinedBytes(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const joined = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
