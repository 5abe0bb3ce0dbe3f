import { createHash } from "node:crypto";
import { ShaleError } from "@shale/model";
import type { ParsedQuery, ParsedTimeline } from "../parse/parsed-query.ts";

/** The last event of a page: the next page begins behind it, at the same snapshot. */
export interface TimelinePosition {
  readonly snapshot: string;
  readonly timeMs: number;
  readonly event: string;
  readonly insertId: string;
}

const CURSOR_FORMAT = 1;

/** Opaque to callers. Bound to the query, its limit left out. */
export function encodeCursor(parsed: ParsedTimeline, position: TimelinePosition): string {
  const { snapshot, timeMs, event, insertId } = position;
  const parts = [CURSOR_FORMAT, checkOf(parsed, position), snapshot, timeMs, event, insertId];
  return Buffer.from(JSON.stringify(parts)).toString("base64url");
}

/** @throws {ShaleError} CURSOR_INVALID for what `encodeCursor` did not write for the same query */
export function decodeCursor(parsed: ParsedTimeline, cursor: string): TimelinePosition {
  const [format, check, snapshot, timeMs, event, insertId] = partsOf(cursor);
  if (
    format !== CURSOR_FORMAT ||
    typeof snapshot !== "string" ||
    typeof timeMs !== "number" ||
    typeof event !== "string" ||
    typeof insertId !== "string"
  ) {
    throw cursorInvalid("it is not one that an answer gave");
  }
  const position = { snapshot, timeMs, event, insertId };
  if (check !== checkOf(parsed, position)) throw cursorInvalid("it belongs to another query");
  return position;
}

/**
 * The snapshot that a query goes on at: its pin has to be opened there. undefined: at the newest.
 *
 * @throws {ShaleError} CURSOR_INVALID
 */
export function snapshotOf(parsed: ParsedQuery): string | undefined {
  if (parsed.kind !== "timeline" || parsed.cursor === undefined) return undefined;
  return decodeCursor(parsed, parsed.cursor).snapshot;
}

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
function checkOf(parsed: ParsedTimeline, position: TimelinePosition): string {
  const { userId, fromMs, toMs, timezone, select, direction } = parsed;
  const query = [userId, fromMs ?? null, toMs ?? null, timezone, select, direction];
  const text = JSON.stringify([query, Object.values(position)]);
  return createHash("sha256").update(text).digest("base64url").slice(0, 16);
}

function cursorInvalid(why: string, cause?: unknown): ShaleError {
  return new ShaleError("CURSOR_INVALID", `Cannot go on from the cursor: ${why}`, {
    path: "cursor",
    cause,
  });
}
