import { ShaleError } from "@shale/model";

const SEGMENT = /^[A-Za-z0-9_=-][A-Za-z0-9_=.-]*$/;
/** A file name has at most 255 bytes; the rest is for the marks of temporary and lock files. */
const SEGMENT_BYTES_MAX = 180;
/** The limit of the strictest bucket. */
const KEY_BYTES_MAX = 1024;

/** Whether `name` can stand between two slashes of a key. Such a name is ASCII and not hidden. */
export function isKeySegment(name: string): boolean {
  return name.length <= SEGMENT_BYTES_MAX && SEGMENT.test(name);
}

/** @throws {ShaleError} KEY_INVALID for anything that could leave the root, hide or collide */
export function checkKey(key: string): void {
  if (key.length > KEY_BYTES_MAX || !key.split("/").every(isKeySegment)) refuse("key", key);
}

/** Checks a prefix, which may end inside a segment. @throws {ShaleError} KEY_INVALID */
export function checkKeyPrefix(prefix: string): void {
  const segments = prefix.split("/");
  const last = segments.pop() ?? "";
  const whole = segments.every(isKeySegment) && (last === "" || isKeySegment(last));
  if (prefix.length > KEY_BYTES_MAX || !whole) refuse("prefix", prefix);
}

function refuse(what: string, text: string): never {
  throw new ShaleError(
    "KEY_INVALID",
    `Cannot use ${JSON.stringify(text)} as a ${what} of a store: it must be 1 to ` +
      `${KEY_BYTES_MAX} bytes of segments with 1 to ${SEGMENT_BYTES_MAX} of A-Z, a-z, 0-9, _ = - and . (not first)`,
  );
}

/**
 * Index of the first of the sorted `keys` that is not below `key`. Keys are ASCII, so the order of
 * strings is the order of their bytes.
 */
export function lowerBoundOf(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] ?? "") < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
