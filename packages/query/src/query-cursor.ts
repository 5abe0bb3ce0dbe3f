import { createHash } from "node:crypto";
import { ShaleError } from "@shale/model";

/** Opaque to callers. Bound to the query that `bound` says all of, but for its limit and cursor. */
export function encodePosition(bound: unknown, position: readonly unknown[]): string {
  const parts = [CURSOR_FORMAT, checkOf(bound, position), ...position];
  return Buffer.from(JSON.stringify(parts)).toString("base64url");
}

/**
 * What `encodePosition` was given for the same query.
 *
 * @throws {ShaleError} CURSOR_INVALID for anything else
 */
export function decodePosition(bound: unknown, cursor: string): readonly unknown[] {
  const [format, check, ...position] = partsOf(cursor);
  if (format !== CURSOR_FORMAT) throw cursorInvalid("it is not one that an answer gave");
  if (check !== checkOf(bound, position)) throw cursorInvalid("it belongs to another query");
  return position;
}

const CURSOR_FORMAT = 1;

function partsOf(cursor: string): readonly unknown[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
    if (Array.isArray(parts)) return parts;
  } catch (error) {
    throw cursorInvalid("it is not one that an answer gave", error);
  }
  throw cursorInvalid("it is not one that an answer gave");
}

/** Tells a cursor from those of other queries, and a whole one from one that was changed. */
function checkOf(bound: unknown, position: readonly unknown[]): string {
  const text = JSON.stringify([bound, position]);
  return createHash("sha256").update(text).digest("base64url").slice(0, 16);
}

export function cursorInvalid(why: string, cause?: unknown): ShaleError {
  return new ShaleError("CURSOR_INVALID", `Cannot go on from the cursor: ${why}`, {
    path: "cursor",
    cause,
  });
}
