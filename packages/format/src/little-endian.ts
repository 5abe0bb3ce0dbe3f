import { invariant } from "@shale/model";

/** True where typed arrays lie in memory as they lie in files, which is everywhere Node runs. */
const platformIsLittleEndian = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;
const U32_RANGE = 0x1_0000_0000;

export function checkPlatform(): void {
  invariant(platformIsLittleEndian, "typed arrays are little-endian, as the formats are");
}

export function padded8(sizeBytes: number): number {
  return sizeBytes + (-sizeBytes & 7);
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The same bytes, never as a Buffer: its slice() does not copy. */
export function plainBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * The same bytes as a plain Uint8Array that starts on a multiple of 8 in its buffer, so that typed
 * arrays can be laid over its sections; copied only where they do not.
 */
export function alignedBytes(bytes: Uint8Array): Uint8Array {
  if (bytes.byteOffset % 8 !== 0) return new Uint8Array(bytes);
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Writes a whole number, 0 <= value <= 2^53, as 64 bits. */
export function writeU64(view: DataView, offset: number, value: number): void {
  invariant(value >= 0 && value <= 2 ** 53 && Number.isInteger(value), `0 <= ${value} <= 2^53`);
  view.setUint32(offset, value % U32_RANGE, true);
  view.setUint32(offset + 4, Math.floor(value / U32_RANGE), true);
}

/** A whole number; one above 2^53 comes back rounded, so callers check the range. */
export function readU64(view: DataView, offset: number): number {
  return view.getUint32(offset + 4, true) * U32_RANGE + view.getUint32(offset, true);
}

/** A nonce is 128 bits: 32 lower-case hex digits in memory, 16 bytes in files. */
export function checkNonce(nonce: string): string {
  invariant(/^[0-9a-f]{32}$/.test(nonce), `a nonce is 32 hex digits: ${nonce}`);
  return nonce;
}

export function writeHex(view: DataView, offset: number, digits: string): void {
  for (let i = 0; 2 * i < digits.length; i++) {
    view.setUint8(offset + i, Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16));
  }
}

export function readHex(view: DataView, offset: number, sizeBytes: number): string {
  let digits = "";
  for (let i = 0; i < sizeBytes; i++) {
    const byte = view.getUint8(offset + i);
    digits += byte.toString(16).padStart(2, "0");
  }
  return digits;
}
