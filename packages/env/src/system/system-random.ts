import { randomFillSync } from "node:crypto";
import type { Random } from "../random.ts";

/** Numbers fetched at once: a call into the cryptographic generator costs more than the bytes. */
const BUFFER_LENGTH = 256;

/** Unpredictable numbers from the operating system. */
export function systemRandom(): Random {
  const buffer = new Uint32Array(BUFFER_LENGTH);
  let used = BUFFER_LENGTH;
  return {
    nextU32() {
      if (used === BUFFER_LENGTH) {
        randomFillSync(buffer);
        used = 0;
      }
      const value = buffer[used] ?? 0;
      buffer[used] = 0; // A nonce that was handed out cannot be found in memory again.
      used++;
      return value;
    },
  };
}
