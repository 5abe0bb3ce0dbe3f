import type { ParsedTimeline } from "../parse/parsed-query.ts";
import { cursorInvalid, decodePosition, encodePosition } from "../query-cursor.ts";

/** The last event of a page: the next page begins behind it, at the same snapshot. */
export interface TimelinePosition {
  readonly snapshot: string;
  readonly timeMs: number;
  readonly event: string;
  readonly insertId: string;
}

export function encodeCursor(parsed: ParsedTimeline, position: TimelinePosition): string {
  const { snapshot, timeMs, event, insertId } = position;
  return encodePosition(boundOf(parsed), [snapshot, timeMs, event, insertId]);
}

/** @throws {ShaleError} CURSOR_INVALID for what `encodeCursor` did not write for the same query */
export function decodeCursor(parsed: ParsedTimeline, cursor: string): TimelinePosition {
  const [snapshot, timeMs, event, insertId] = decodePosition(boundOf(parsed), cursor);
  if (
    typeof snapshot !== "string" ||
    typeof timeMs !== "number" ||
    typeof event !== "string" ||
    typeof insertId !== "string"
  ) {
    throw cursorInvalid("it is not one that an answer gave");
  }
  return { snapshot, timeMs, event, insertId };
}

function boundOf(parsed: ParsedTimeline): unknown {
  const { userId, fromMs, toMs, timezone, select, direction } = parsed;
  return [userId, fromMs ?? null, toMs ?? null, timezone, select, direction];
}
