import { loadUserHasher } from "@shale/columns";
import type { ShardId, StoredEvent, TimelineAnswer } from "@shale/model";
import { invariant, shardOf } from "@shale/model";
import type { ScanBatch } from "@shale/scan";
import { compareBytes, compareRows } from "@shale/scan";
import type { RowSelect } from "../filter/row-select.ts";
import { compileSelect, propertiesOf } from "../filter/row-select.ts";
import type { ParsedTimeline } from "../parse/parsed-query.ts";
import type { QueryRun } from "../query-run.ts";
import type { TimelinePosition } from "./timeline-cursor.ts";
import { decodeCursor, encodeCursor } from "./timeline-cursor.ts";

/** @throws {ShaleError} CURSOR_INVALID, and what a scan throws */
export async function runTimeline(
  run: QueryRun,
  parsed: ParsedTimeline,
): Promise<Omit<TimelineAnswer, "meta">> {
  const { direction, limit, cursor, userId, select } = parsed;
  const after = cursor === undefined ? undefined : decodeCursor(parsed, cursor);
  invariant(
    after === undefined || after.snapshot === run.pin.snapshot,
    "a timeline goes on at the snapshot of its cursor",
  );
  // "" is nobody: its events belong to no user (query semantics, "User").
  if (userId === "") return { kind: "timeline", events: [], cursor: null };
  const events: StoredEvent[] = [];
  const range = rangeOf(parsed, after);
  const rowsOf = createUserRows(userId, compileSelect(select, run.cohorts), {
    ...range,
    direction,
    after,
  });
  const options = {
    ...range,
    shards: [await shardOfUser(run, userId)],
    columns: propertiesOf(select.where),
    order: "none",
    detail: "events",
    days: direction === "asc" ? "ascending" : "descending",
  } as const;
  for await (const batch of run.scan(options, "read")) {
    for (const row of rowsOf(batch)) {
      // One more than the page shows that there is a next one.
      if (events.push(batch.eventAt(row)) > limit) break;
    }
    if (events.length > limit) break;
  }
  if (events.length <= limit) return { kind: "timeline", events, cursor: null };
  events.pop();
  return { kind: "timeline", events, cursor: cursorBehind(events, run, parsed) };
}

function cursorBehind(events: readonly StoredEvent[], run: QueryRun, parsed: ParsedTimeline) {
  const last = events.at(-1);
  if (last === undefined) return null;
  return encodeCursor(parsed, {
    snapshot: run.pin.snapshot,
    timeMs: Date.parse(last.time),
    event: last.event,
    insertId: last.insert_id,
  });
}

async function shardOfUser({ pin }: QueryRun, userId: string): Promise<ShardId> {
  const hasher = await loadUserHasher();
  hasher.hashText(userId);
  return shardOf(hasher.high, hasher.low, pin.spec.shards);
}

interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Half-open. A page behind a cursor reads no day before (or after) that of the cursor. */
function rangeOf(parsed: ParsedTimeline, after: TimelinePosition | undefined): TimeRange {
  const fromMs = parsed.fromMs ?? Number.NEGATIVE_INFINITY;
  const toMs = parsed.toMs ?? Number.POSITIVE_INFINITY;
  if (after === undefined) return { fromMs, toMs };
  return parsed.direction === "asc"
    ? { fromMs: Math.max(fromMs, after.timeMs), toMs }
    : { fromMs, toMs: Math.min(toMs, after.timeMs + 1) };
}

interface RowsWanted extends TimeRange {
  readonly direction: "asc" | "desc";
  readonly after: TimelinePosition | undefined;
}

const encoder = new TextEncoder();

/** Picks the rows of one user in the order of the timeline. */
function createUserRows(userId: string, select: RowSelect, wanted: RowsWanted) {
  const { fromMs, toMs, direction, after } = wanted;
  const sign = direction === "asc" ? 1 : -1;
  const event = encoder.encode(after?.event);
  const insertId = encoder.encode(after?.insertId);
  function isBehindCursor(batch: ScanBatch, row: number): boolean {
    if (after === undefined) return true;
    const order =
      (batch.timesMs[row] ?? 0) - after.timeMs ||
      compareBytes(batch.events.bytesAt(batch.eventCodes[row] ?? 0), event) ||
      compareBytes(batch.insertIdAt(row), insertId);
    return order * sign > 0;
  }
  return (batch: ScanBatch): number[] => {
    const user = batch.users.codeOf(userId);
    if (user < 0) return [];
    const mask = select.maskOf(batch, undefined);
    const rows: number[] = [];
    for (let row = 0; row < batch.rowCount; row++) {
      if (batch.userCodes[row] !== user || mask?.[row] === 0) continue;
      const atMs = batch.timesMs[row] ?? 0;
      if (atMs >= fromMs && atMs < toMs && isBehindCursor(batch, row)) rows.push(row);
    }
    return rows.sort((left, right) => sign * compareRows(batch, left, right));
  };
}
