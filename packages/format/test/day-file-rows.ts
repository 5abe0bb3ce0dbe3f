import { columnAt, type EventBatch, textAt } from "@shale/columns";
import type { DayFileRows, DayFileSelection } from "../src/day-file/day-file.ts";
import { decodeDayFileRows } from "../src/day-file/decode-day-file-rows.ts";
import { openDayFile } from "../src/day-file/open-day-file.ts";
import { planDayFileRead } from "../src/day-file/plan-day-file-read.ts";
import type { StoredRow } from "./stored-batch-of.ts";

export const all: DayFileSelection = { places: true, properties: "all" };

/** The rows of a file as plain values. */
export function rowsOf(rows: DayFileRows): unknown[] {
  return Array.from({ length: rows.rowCount }, (_one, row) => ({
    user_id: textAt(rows.userIds, rows.userCodes[row]!),
    event: textAt(rows.events, rows.eventCodes[row]!),
    timeMs: rows.timesMs[row],
    ...(rows.places === undefined
      ? {}
      : {
          insert_id:
            rows.places.insertIdCodes[row] === 0
              ? undefined
              : textAt(rows.places.insertIds, rows.places.insertIdCodes[row]! - 1),
          seq: rows.places.seqs[row],
          writer: rows.places.writers[row],
          generation: rows.places.generations[row],
        }),
    properties: propertiesOf(rows.properties, row),
  }));
}

function propertiesOf(columns: EventBatch["properties"], row: number): unknown {
  const entries = columns.flatMap((column) => {
    const value = columnAt(column, row);
    return value === undefined ? [] : [[column.name, value] as const];
  });
  return Object.fromEntries(entries.sort(([left], [right]) => (left < right ? -1 : 1)));
}

export function wanted(rows: readonly StoredRow[]): unknown[] {
  return rows.map((row) => ({
    ...row,
    properties: Object.fromEntries(
      Object.entries(row.properties)
        .filter(([, value]) => value !== null)
        .sort(([left], [right]) => (left < right ? -1 : 1)),
    ),
  }));
}

export function readBack(
  bytes: Uint8Array,
  footerBytes: number,
  selection: DayFileSelection = all,
): DayFileRows {
  const tail = bytes.subarray(bytes.length - footerBytes);
  const index = openDayFile(tail, { key: "k", size: bytes.length });
  const parts = planDayFileRead(index, selection).map(({ offset, length }) =>
    bytes.slice(offset, offset + length),
  );
  return decodeDayFileRows(index, selection, parts, { key: "k" });
}
