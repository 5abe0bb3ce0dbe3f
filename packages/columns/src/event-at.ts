import { columnAt, type StoredValue } from "./column-at.ts";
import type { EventBatch } from "./event-batch.ts";
import { textAt } from "./text-table.ts";

/** One event as plain values. */
export interface BatchEvent {
  readonly event: string;
  readonly user_id: string;
  /** Epoch ms, UTC. */
  readonly timeMs: number;
  /** As stored: undefined where none was sent; one that starts with ~ is not a client's (W4). */
  readonly insert_id: string | undefined;
  /** Absent properties are missing. */
  readonly properties: Readonly<Record<string, StoredValue>>;
}

/** The event of one row. For the rim (timelines, export, tests): an object for every call. */
export function eventAt(batch: EventBatch, row: number): BatchEvent {
  const insertIdCode = batch.insertIdCodes[row] ?? 0;
  const properties: Record<string, StoredValue> = {};
  for (const column of batch.properties) {
    const value = columnAt(column, row);
    if (value !== undefined) setProperty(properties, column.name, value);
  }
  return {
    event: textAt(batch.events, batch.eventCodes[row] ?? -1),
    user_id: textAt(batch.users.ids, batch.userCodes[row] ?? -1),
    timeMs: batch.timesMs[row] ?? Number.NaN,
    insert_id: insertIdCode === 0 ? undefined : textAt(batch.insertIds, insertIdCode - 1),
    properties,
  };
}

function setProperty(
  properties: Record<string, StoredValue>,
  name: string,
  value: StoredValue,
): void {
  // Assigning to this name would set the prototype instead.
  if (name !== "__proto__") properties[name] = value;
  else {
    const descriptor = { value, enumerable: true, configurable: true, writable: true };
    Object.defineProperty(properties, name, descriptor);
  }
}
