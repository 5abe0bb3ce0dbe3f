/** Bytes written one after the other, for headers and metadata. Pages are typed arrays. */
export interface ByteSink {
  readonly length: number;
  byte(value: number): void;
  bytes(values: Uint8Array): void;
  /** A whole number, 0 <= value <= 2^53, seven bits a byte. */
  varint(value: number): void;
  /** The bytes so far, copied. */
  taken(): Uint8Array;
}

export function createByteSink(): ByteSink {
  let buffer = new Uint8Array(256);
  let length = 0;

  function reserve(more: number): void {
    if (length + more <= buffer.length) return;
    const grown = new Uint8Array(Math.max(length + more, 2 * buffer.length));
    grown.set(buffer.subarray(0, length));
    buffer = grown;
  }
  return {
    get length() {
      return length;
    },
    byte(value) {
      reserve(1);
      buffer[length++] = value;
    },
    bytes(values) {
      reserve(values.length);
      buffer.set(values, length);
      length += values.length;
    },
    varint(value) {
      reserve(8);
      let rest = value;
      while (rest >= 0x80) {
        buffer[length++] = (rest % 0x80) | 0x80;
        rest = Math.floor(rest / 0x80);
      }
      buffer[length++] = rest;
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
