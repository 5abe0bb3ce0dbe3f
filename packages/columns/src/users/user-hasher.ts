import xxhash from "xxhash-wasm";

/**
 * The sharding hash: xxHash64 with seed 0 over the UTF-8 bytes of a user id, unsigned.
 *
 * Each call leaves its result in `high` and `low`, the two unsigned 32-bit halves, so that no
 * object is made for a hash. Read them before the next call.
 */
export interface UserHasher {
  readonly high: number;
  readonly low: number;
  hash(bytes: Uint8Array): void;
  /** Hashes the UTF-8 bytes of `text`; a lone surrogate counts as U+FFFD. */
  hashText(text: string): void;
}

/** Compiled once for each thread: the code holds no state between two calls. */
let compiling: ReturnType<typeof xxhash> | undefined;

/** A hasher of its own for each call. One serves any number of batches in one thread. */
export async function loadUserHasher(): Promise<UserHasher> {
  compiling ??= xxhash();
  const { h64, h64Raw } = await compiling;
  const halves = new DataView(new ArrayBuffer(8));
  const hasher = { high: 0, low: 0, hash, hashText };

  function keep(wide: bigint): void {
    halves.setBigUint64(0, wide);
    hasher.high = halves.getUint32(0);
    hasher.low = halves.getUint32(4);
  }
  function hash(bytes: Uint8Array): void {
    keep(h64Raw(bytes, 0n));
  }
  function hashText(text: string): void {
    keep(h64(text, 0n));
  }
  return hasher;
}
