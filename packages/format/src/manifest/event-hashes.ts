import { crc32 } from "node:zlib";

/** A file with more names tells none in its entry: then its footer has to be read. */
export const EVENT_HASHES_MAX = 256;

const DIGITS = 4;

/** The low 16 bits of the CRC-32 of a name in UTF-8, as 4 hex digits. */
function hashOf(name: string): string {
  return (crc32(name) & 0xffff).toString(16).padStart(DIGITS, "0");
}

/**
 * Hashes of event names one after the other, ascending, each once; undefined where they are too
 * many. Two names may have one hash: a file is said to have an event that it lacks, never the
 * other way round.
 */
export function eventHashesOf(names: readonly string[]): string | undefined {
  if (names.length > EVENT_HASHES_MAX) return undefined;
  return [...new Set(names.map(hashOf))].sort().join("");
}

/** Whether hashes say that one of the names may be among those they were made of. */
export function createEventTest(names: readonly string[]): (hashes: string) => boolean {
  const wanted = names.map(hashOf);
  return (hashes) => wanted.some((hash) => isAmong(hashes, hash));
}

function isAmong(hashes: string, hash: string): boolean {
  let at = hashes.indexOf(hash);
  // Digits of two neighbours may look like a third one.
  while (at >= 0 && at % DIGITS !== 0) at = hashes.indexOf(hash, at + 1);
  return at >= 0;
}

/** Whether a value is a text of hashes: one at least, ascending. */
export function isEventHashes(value: unknown): value is string {
  if (typeof value !== "string" || !/^([0-9a-f]{4}){1,256}$/.test(value)) return false;
  for (let at = DIGITS; at < value.length; at += DIGITS) {
    if (value.slice(at - DIGITS, at) >= value.slice(at, at + DIGITS)) return false;
  }
  return true;
}
