import { types } from "node:util";

/** A quoted ISO 8601 time with ms and Z. */
const DATE_JSON_BYTES = 26;

/**
 * Whether JSON.stringify(value) would take more than `bytesMax` bytes of UTF-8. Ends on cyclic
 * values and never calls a toJSON; getters and proxies may throw through it.
 */
export function exceedsJsonBytes(value: unknown, bytesMax: number): boolean {
  const pending = [value];
  let left = bytesMax;
  while (pending.length > 0) {
    const next = pending.pop();
    if (typeof next === "string") left -= stringBytes(next, left);
    else if (typeof next === "number") left -= Number.isFinite(next) ? String(next).length : 4;
    else if (typeof next !== "object" || next === null) left -= next === false ? 5 : 4;
    else if (types.isDate(next)) left -= DATE_JSON_BYTES;
    else if (Array.isArray(next)) {
      left -= Math.max(2, next.length + 1);
      if (left >= 0) for (const element of next) pending.push(element);
    } else left -= membersBytes(next, pending);
    if (left < 0) return true;
  }
  return false;
}

/** Exact below `left`, and more than `left` when the text alone is longer. */
function stringBytes(text: string, left: number): number {
  return text.length > left ? text.length : Buffer.byteLength(JSON.stringify(text));
}

/** Braces, keys and commas; the values go to `pending`. */
function membersBytes(value: object, pending: unknown[]): number {
  let byteCount = 2;
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined) continue;
    byteCount += Buffer.byteLength(JSON.stringify(name)) + (byteCount > 2 ? 2 : 1);
    pending.push(member);
  }
  return byteCount;
}
