import { createHash } from "node:crypto";
import type { StoredBatch } from "@shale/columns";
import { eventAt } from "@shale/columns";
import type { StoredEvent } from "@shale/model";

/** One row as plain values, its generation left out as in a digest. */
export interface PlainRow {
  readonly user: string;
  readonly event: string;
  readonly timeMs: number;
  /** As stored: undefined where none is. */
  readonly insertId: string | undefined;
  readonly seq: number;
  readonly writer: number;
  /** Absent ones are missing; a list is an array. */
  readonly properties: readonly (readonly [name: string, value: unknown])[];
}

export function plainRowOf(batch: StoredBatch, row: number): PlainRow {
  const { user_id: user, event, timeMs, insert_id: insertId, properties } = eventAt(batch, row);
  const [seq, writer] = [batch.seqs[row] ?? 0, batch.writers[row] ?? 0];
  return { user, event, timeMs, insertId, seq, writer, properties: Object.entries(properties) };
}

type RowArray = readonly [
  user: string,
  timeMs: number,
  event: string,
  insertId: string | null,
  seq: number,
  writer: number,
  properties: PlainRow["properties"],
];

/** Equal for equal rows, and only for them: JSON tells `1`, `"1"` and `[1]` apart. */
export function canonicalText(row: PlainRow): string {
  const properties = row.properties.toSorted(([one], [other]) => (one < other ? -1 : 1));
  const { user, timeMs, event, insertId = null, seq, writer } = row;
  const parts: RowArray = [user, timeMs, event, insertId, seq, writer, properties];
  return JSON.stringify(parts);
}

/** The event of a canonical text, as the store shows it. */
export function eventOfText(text: string): StoredEvent {
  const parts = JSON.parse(text) as RowArray;
  const [user_id, timeMs, event, insertId, seq, writer, properties] = parts;
  return {
    event,
    user_id,
    time: new Date(timeMs).toISOString(),
    insert_id: insertId ?? `~${writer}-${seq}`,
    properties: Object.fromEntries(properties) as StoredEvent["properties"],
  };
}

/** The second digest of one row: the first 128 bits of SHA-256 of its text. */
export function proofOf(text: string): bigint {
  return BigInt(`0x${createHash("sha256").update(text).digest("hex").slice(0, 32)}`);
}

/** Mod 2^128. */
export function addProofs(one: bigint, other: bigint): bigint {
  return BigInt.asUintN(128, one + other);
}
