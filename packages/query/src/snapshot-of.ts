import type { ParsedQuery } from "./parse/parsed-query.ts";
import { decodeCursor } from "./timeline/timeline-cursor.ts";
import { usersPositionOf } from "./users/users-cursor.ts";

/**
 * The snapshot that a query goes on at: its pin has to be opened there. undefined: at the newest.
 *
 * @throws {ShaleError} CURSOR_INVALID
 */
export function snapshotOf(parsed: ParsedQuery): string | undefined {
  if (parsed.kind === "users") return usersPositionOf(parsed)?.snapshot;
  if (parsed.kind !== "timeline" || parsed.cursor === undefined) return undefined;
  return decodeCursor(parsed, parsed.cursor).snapshot;
}
