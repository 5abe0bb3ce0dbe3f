import { isDeepStrictEqual } from "node:util";
import type { PropertyColumn, StoredBatch } from "@shale/columns";
import { textAt } from "@shale/columns";
import type { DayFileFooter } from "@shale/format";
import { unreachable } from "@shale/model";

/** What a footer counts, counted from the rows. */
export interface RowCounts {
  add(batch: StoredBatch): void;
  /** The first fact of the footer that the rows do not have. */
  differenceOf(footer: ToldCounts): string | undefined;
}

/** What a footer tells of rows; of those of one row group, nothing of properties. */
export interface ToldCounts
  extends Pick<DayFileFooter, "events" | "seqs" | keyof Facts>,
    Partial<Pick<DayFileFooter, "columns">> {}

const TILDE = 0x7e;

type Facts = Record<"rows" | "clientRows" | "users" | "minTimeMs" | "maxTimeMs", number>;
type EventCounts = Map<string, { rows: number; clientRows: number }>;
type SeqRanges = Map<number, { min: number; max: number }>;

export function createRowCounts(): RowCounts {
  const facts: Facts = {
    rows: 0,
    clientRows: 0,
    users: 0,
    minTimeMs: Number.POSITIVE_INFINITY,
    maxTimeMs: Number.NEGATIVE_INFINITY,
  };
  const events: EventCounts = new Map();
  const columns = new Map<string, number>();
  const seqs: SeqRanges = new Map();
  return {
    add(batch) {
      facts.rows += batch.rowCount;
      const { offsets, count } = batch.users.ids;
      for (let user = 0; user < count; user++) {
        if (offsets[user] !== offsets[user + 1]) facts.users++; // "" is counted nowhere.
      }
      facts.clientRows += addEvents(events, batch);
      addPlaces(seqs, facts, batch);
      for (const column of batch.properties) {
        const name = JSON.stringify([column.name, column.kind]);
        columns.set(name, (columns.get(name) ?? 0) + presentCountOf(column));
      }
    },
    differenceOf(footer) {
      for (const name of Object.keys(facts) as (keyof Facts)[]) {
        if (facts[name] !== footer[name]) {
          return `${facts[name]} as ${name}, the footer says ${footer[name]}`;
        }
      }
      const wantedEvents = footer.events.map(({ event, rows, clientRows }) => [
        event,
        { rows, clientRows },
      ]);
      if (!isSameMap(events, wantedEvents)) return "other events than the footer says";
      const wantedSeqs = footer.seqs.map(({ writer, min, max }) => [writer, { min, max }]);
      if (!isSameMap(seqs, wantedSeqs)) return "other writers or seqs than the footer says";
      const wantedColumns = footer.columns?.map(({ name, kind, rows }) => [
        JSON.stringify([name, kind]),
        rows,
      ]);
      if (wantedColumns === undefined) return undefined;
      const filled = new Map([...columns].filter(([, rows]) => rows > 0));
      return isSameMap(filled, wantedColumns) ? undefined : "other properties than the footer says";
    },
  };
}

/** Returns the rows whose insert_id a client sent. */
function addEvents(events: EventCounts, batch: StoredBatch): number {
  const isClients = clientMarksOf(batch);
  const rows = new Uint32Array(batch.events.count);
  const clientRows = new Uint32Array(batch.events.count);
  let clientCount = 0;
  for (let row = 0; row < batch.rowCount; row++) {
    const code = batch.eventCodes[row] ?? 0;
    const isClient = isClients[row] ?? 0;
    rows[code] = (rows[code] ?? 0) + 1;
    clientRows[code] = (clientRows[code] ?? 0) + isClient;
    clientCount += isClient;
  }
  for (let code = 0; code < rows.length; code++) {
    if (rows[code] === 0) continue;
    const name = textAt(batch.events, code);
    const before = events.get(name) ?? { rows: 0, clientRows: 0 };
    events.set(name, {
      rows: before.rows + (rows[code] ?? 0),
      clientRows: before.clientRows + (clientRows[code] ?? 0),
    });
  }
  return clientCount;
}

function addPlaces(
  seqs: SeqRanges,
  facts: Facts,
  { writers, seqs: column, timesMs, rowCount }: StoredBatch,
): void {
  for (let row = 0; row < rowCount; row++) {
    const [writer, seq, timeMs] = [writers[row] ?? 0, column[row] ?? 0, timesMs[row] ?? 0];
    const range = seqs.get(writer);
    if (range === undefined) seqs.set(writer, { min: seq, max: seq });
    else if (seq < range.min) range.min = seq;
    else if (seq > range.max) range.max = seq;
    if (timeMs < facts.minTimeMs) facts.minTimeMs = timeMs;
    if (timeMs > facts.maxTimeMs) facts.maxTimeMs = timeMs;
  }
}

function isSameMap(map: ReadonlyMap<unknown, unknown>, wanted: readonly unknown[][]): boolean {
  const entries = wanted.map(([key, value]) => [key, value] as const);
  return entries.length === map.size && isDeepStrictEqual(map, new Map(entries));
}

/** By row, 1 where a client sent the insert_id: one that was derived begins with a tilde (W4). */
function clientMarksOf({ rowCount, insertIdCodes, insertIds }: StoredBatch): Uint8Array {
  const marks = new Uint8Array(rowCount);
  for (let row = 0; row < rowCount; row++) {
    const code = insertIdCodes[row] ?? 0;
    if (code === 0) continue;
    const start = insertIds.offsets[code - 1] ?? 0;
    const isEmpty = start === insertIds.offsets[code];
    marks[row] = isEmpty || insertIds.bytes[start] !== TILDE ? 1 : 0;
  }
  return marks;
}

function presentCountOf(column: PropertyColumn): number {
  switch (column.kind) {
    case "string":
    case "list":
      return column.codes.reduce((count, code) => count + (code === 0 ? 0 : 1), 0);
    case "number":
      return column.values.reduce((count, value) => count + (Number.isNaN(value) ? 0 : 1), 0);
    case "boolean":
      return column.values.reduce((count, value) => count + (value === 0 ? 0 : 1), 0);
    default:
      return unreachable(column);
  }
}
