import type { EventInput, PropertyValue, Scalar, StoredEvent } from "@shale/model";
import { ShaleError } from "@shale/model";

/** One event as the reference keeps it. */
export interface ReferenceEvent extends StoredEvent {
  readonly timeMs: number;
  /** True when the insert_id was sent; false when it is derived from the place in the log. */
  readonly hasInsertId: boolean;
}

const ISO_TIME =
  /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d(?::\d\d)?)(?:[.,](\d{1,3})\d*)?(Z|z|[+-]\d\d(?::?\d\d)?)$/;

/** Epoch ms of ISO 8601 with a zone, of whole epoch ms, or of a Date; digits below the ms are cut. */
export function timeMsOf(time: string | number | Date): number {
  if (typeof time === "number") return time;
  if (time instanceof Date) return time.getTime();
  const match = ISO_TIME.exec(time);
  if (match === null) throw new ShaleError("QUERY_INVALID", `Cannot read ${time} as an instant`);
  const [, date, clock, fraction = "0", zone = "Z"] = match;
  const hours = zone.slice(0, 3).toUpperCase();
  const offset = hours === "Z" ? "Z" : `${hours}:${zone.slice(3).replace(":", "") || "00"}`;
  return Date.parse(`${date}T${clock}${offset}`) + Number(fraction.padEnd(3, "0"));
}

function scalarOf(value: unknown): Scalar {
  switch (typeof value) {
    case "number":
      return value === 0 ? 0 : value; // -0 is 0.
    case "boolean":
      return value;
    case "string":
      return value.toWellFormed();
    default:
      // Objects and inner lists are kept as their JSON text.
      return value === null || value === undefined ? null : JSON.stringify(value);
  }
}

function propertiesOf(sent: Readonly<Record<string, unknown>>): StoredEvent["properties"] {
  const kept: [string, Exclude<PropertyValue, null>][] = [];
  for (const [name, value] of Object.entries(sent)) {
    const stored = Array.isArray(value) ? value.map(scalarOf) : scalarOf(value);
    if (stored !== null) kept.push([name, stored]); // A null property is an absent one.
  }
  return Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1))); // By UTF-16 code units.
}

/** Texts by their UTF-8 bytes, which is the order of code points. */
export function compareText(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** The event as it is stored, without looking for faults in it. */
export function referenceEventOf(input: EventInput, derivedId: string): ReferenceEvent {
  const timeMs = timeMsOf(input.time);
  return {
    event: input.event,
    user_id: input.user_id,
    time: new Date(timeMs).toISOString(),
    insert_id: input.insert_id ?? derivedId,
    properties: propertiesOf(input.properties ?? {}),
    timeMs,
    hasInsertId: input.insert_id !== undefined,
  };
}

/** Events with one key are one event; an event without an insert_id is never a repeat. */
export function dedupeKeyOf(event: ReferenceEvent): string {
  const { user_id, event: name, insert_id, time, hasInsertId } = event;
  return JSON.stringify([user_id, name, insert_id, time.slice(0, 10), hasInsertId]);
}

export function storedEventOf(event: ReferenceEvent): StoredEvent {
  const { event: name, user_id, time, insert_id, properties } = event;
  return { event: name, user_id, time, insert_id, properties: { ...properties } };
}
