import { isDeepStrictEqual } from "node:util";
import type { PropertyColumn, StoredBatch } from "@shale/columns";
import { textAt } from "@shale/columns";
import type { DayFileFooter } from "@shale/format";
import { unreachable } from "@shale/model";

/** What a footer counts, counted from the rows. */
export interface RowCounts {
  add(batch: StoredBatch): void;
  /** The first fact of the footer that the rows do not have. */
  differenceOf(footer: DayFileFooter): string | undefined;
}

const TILDE = 0x7e;

export function createRowCounts(): RowCounts {
  const counts = {
    rows: 0,
    clientRows: 0,
    users: 0,
    minTimeMs: Number.POSITIVE_INFINITY,
    maxTimeMs: Number.NEGATIVE_INFINITY,
  };
  const events = new Map<string, { rows: number; clientRows: number }>();
  const columns = new Map<string, number>();
  const seqs = new Map<number, { min: number; max: number }>();

  function addEvents(batch: StoredBatch): void {
    const isClients = clientMarksOf(batch);
    for (let code = 0; code < batch.events.count; code++) {
      let [rows, clientRows] = [0, 0];
      for (let row = 0; row < batch.rowCount; row++) {
        if (batch.eventCodes[row] !== code) continue;
        rows++;
        clientRows += isClients[row] ?? 0;
      }
      const name = textAt(batch.events, code);
      const before = events.get(name) ?? { rows: 0, clientRows: 0 };
      if (rows > 0) {
        events.set(name, {
          rows: before.rows + rows,
          clientRows: before.clientRows + clientRows,
        });
      }
      counts.clientRows += clientRows;
    }
  }
  function addPlaces({ writers, seqs: column, timesMs, rowCount }: StoredBatch): void {
    for (let row = 0; row < rowCount; row++) {
      const [writer, seq, timeMs] = [writers[row] ?? 0, column[row] ?? 0, timesMs[row] ?? 0];
      const range = seqs.get(writer);
      if (range === undefined) seqs.set(writer, { min: seq, max: seq });
      else if (seq < range.min) range.min = seq;
      else if (seq > range.max) range.max = seq;
      if (timeMs < counts.minTimeMs) counts.minTimeMs = timeMs;
      if (timeMs > counts.maxTimeMs) counts.maxTimeMs = timeMs;
    }
  }
  return {
    add(batch) {
      counts.rows += batch.rowCount;
      const { offsets, count } = batch.users.ids;
      for (let user = 0; user < count; user++) {
        if (offsets[user] !== offsets[user + 1]) counts.users++; // "" is counted nowhere.
      }
      addEvents(batch);
      addPlaces(batch);
      for (const column of batch.properties) {
        const name = JSON.stringify([column.name, column.kind]);
        columns.set(name, (columns.get(name) ?? 0) + presentCountOf(column));
      }
    },
    differenceOf(footer) {
      for (const name of Object.keys(counts) as (keyof typeof counts)[]) {
        if (counts[name] !== footer[name]) {
          return `${counts[name]} as ${name}, the footer says ${footer[name]}`;
        }
      }
      const wantedEvents = footer.events.map(({ event, rows, clientRows }) => [
        event,
        { rows, clientRows },
      ]);
      if (!isSameMap(events, wantedEvents)) return "other events than the footer says";
      const wantedSeqs = footer.seqs.map(({ writer, min, max }) => [writer, { min, max }]);
      if (!isSameMap(seqs, wantedSeqs)) return "other writers or seqs than the footer says";
      const wantedColumns = footer.columns.map(({ name, kind, rows }) => [
        JSON.stringify([name, kind]),
        rows,
      ]);
      const filled = new Map([...columns].filter(([, rows]) => rows > 0));
      return isSameMap(filled, wantedColumns) ? undefined : "other properties than the footer says";
    },
  };
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
