import type { ParsedUsers } from "../parse/users/parsed-users.ts";
import { cursorInvalid, decodePosition, encodePosition } from "../query-cursor.ts";

/** The last user of a page: the next page begins behind it, at the same snapshot and now. */
export interface UsersPosition {
  readonly snapshot: string;
  readonly asOfMs: number;
  readonly userId: string;
}

export function encodeUsersCursor(parsed: ParsedUsers, position: UsersPosition): string {
  const { snapshot, asOfMs, userId } = position;
  return encodePosition(boundOf(parsed), [snapshot, asOfMs, userId]);
}

/**
 * Where the query goes on; undefined: it has no cursor.
 *
 * @throws {ShaleError} CURSOR_INVALID for what `encodeUsersCursor` did not write for the same query
 */
export function usersPositionOf(parsed: ParsedUsers): UsersPosition | undefined {
  if (parsed.cursor === undefined) return undefined;
  const [snapshot, asOfMs, userId] = decodePosition(boundOf(parsed), parsed.cursor);
  if (typeof snapshot !== "string" || typeof asOfMs !== "number" || typeof userId !== "string") {
    throw cursorInvalid("it is not one that an answer gave");
  }
  return { snapshot, asOfMs, userId };
}

function boundOf({ who, timezone, asOfMs }: ParsedUsers): unknown {
  return ["users", who, timezone, asOfMs ?? null];
}
