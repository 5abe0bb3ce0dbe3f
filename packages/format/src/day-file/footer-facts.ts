import type { PropertyColumn, StoredBatch } from "@shale/columns";
import { textAt } from "@shale/columns";
import { writerOrdinal } from "@shale/model";
import type { DayFileSeqs } from "../manifest/manifest-document.ts";
import type { DayFileColumn, DayFileEventCount } from "./day-file.ts";
import type { RowRange } from "./user-runs.ts";

const TILDE = 0x7e;

/** Which texts of the insert ids a client sent: 1 + index; those with ~ are not (W4). */
function clientIds({ insertIds }: StoredBatch): Uint8Array {
  const { bytes, offsets, count } = insertIds;
  const isClient = new Uint8Array(count + 1);
  for (let id = 0; id < count; id++) {
    const start = offsets[id] ?? 0;
    const isTilde = (offsets[id + 1] ?? 0) > start && bytes[start] === TILDE;
    isClient[id + 1] = isTilde ? 0 : 1;
  }
  return isClient;
}

/** Counts rows of some stretch by event name, bytewise. */
export function createEventCounter(
  batch: StoredBatch,
): (range: RowRange) => readonly DayFileEventCount[] {
  const isClient = clientIds(batch);
  return (range) => countEvents(batch, isClient, range);
}

function countEvents(
  { eventCodes, events, insertIdCodes }: StoredBatch,
  isClient: Uint8Array,
  { start, end }: RowRange,
): readonly DayFileEventCount[] {
  const rows = new Uint32Array(events.count);
  const clientRows = new Uint32Array(events.count);
  for (let row = start; row < end; row++) {
    const event = eventCodes[row] ?? 0;
    rows[event] = (rows[event] ?? 0) + 1;
    clientRows[event] = (clientRows[event] ?? 0) + (isClient[insertIdCodes[row] ?? 0] ?? 0);
  }
  const counts = new Map<string, { rows: number; clientRows: number }>();
  rows.forEach((count, event) => {
    if (count === 0) return;
    const name = textAt(events, event);
    const known = counts.get(name) ?? { rows: 0, clientRows: 0 };
    counts.set(name, {
      rows: known.rows + count,
      clientRows: known.clientRows + (clientRows[event] ?? 0),
    });
  });
  return [...counts]
    .map(([event, count]) => ({ event, ...count }))
    .sort((left, right) => Buffer.compare(Buffer.from(left.event), Buffer.from(right.event)));
}

/** Least and greatest seq of each writer, by ordinal. */
export function seqsByWriter(
  { writers, seqs }: StoredBatch,
  { start, end }: RowRange,
): readonly DayFileSeqs[] {
  const extents = new Map<number, { min: number; max: number }>();
  let current = { min: Infinity, max: -Infinity };
  let currentWriter = Number.NaN;
  for (let row = start; row < end; row++) {
    const writer = writers[row] ?? 0;
    if (writer !== currentWriter) {
      currentWriter = writer;
      current = extents.get(writer) ?? { min: Infinity, max: -Infinity };
      extents.set(writer, current);
    }
    const seq = seqs[row] ?? 0;
    if (seq < current.min) current.min = seq;
    if (seq > current.max) current.max = seq;
  }
  return [...extents]
    .sort(([left], [right]) => left - right)
    .map(([writer, { min, max }]) => ({ writer: writerOrdinal(writer), min, max }));
}

export function extentOf(values: Float64Array): { readonly min: number; readonly max: number } {
  let min = Infinity;
  let max = -Infinity;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return { min, max };
}

/** A property column with the number of rows that have a value in it. */
export interface CountedColumn {
  readonly counted: DayFileColumn;
  readonly column: PropertyColumn;
}

/** Property columns by name and kind; those without a value are left out. */
export function countColumns(properties: readonly PropertyColumn[]): readonly CountedColumn[] {
  return properties
    .map((column) => {
      const { name, kind } = column;
      return { counted: { name, kind, rows: presentRows(column) }, column };
    })
    .filter(({ counted }) => counted.rows > 0)
    .sort(({ counted: left }, { counted: right }) => compareColumns(left, right));
}

/** The order of columns in a batch: by name, then kind. */
export function compareColumns(
  left: Pick<DayFileColumn, "name" | "kind">,
  right: Pick<DayFileColumn, "name" | "kind">,
): number {
  if (left.name !== right.name) return left.name < right.name ? -1 : 1;
  if (left.kind === right.kind) return 0;
  return left.kind < right.kind ? -1 : 1;
}

function presentRows(column: PropertyColumn): number {
  if (column.rows !== undefined) return column.rows.length;
  let count = 0;
  if (column.kind === "number") {
    const { values } = column;
    for (let i = 0; i < values.length; i++) if (!Number.isNaN(values[i])) count++;
    return count;
  }
  const slots = column.kind === "boolean" ? column.values : column.codes;
  for (let i = 0; i < slots.length; i++) if (slots[i] !== 0) count++;
  return count;
}
