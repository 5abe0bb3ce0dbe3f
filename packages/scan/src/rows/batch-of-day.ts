import { eventAt, textBytesAt } from "@shale/columns";
import type { StoredEvent } from "@shale/model";
import { invariant } from "@shale/model";
import type { DayPlan } from "../plan-days.ts";
import type { ScanBatch, ScanProperty } from "../scan-batch.ts";
import type { DayRows } from "./day-rows.ts";
import { sourceAt } from "./day-rows.ts";
import { orderByUser } from "./order-rows.ts";
import type { SourceRows } from "./source-rows.ts";

const encoder = new TextEncoder();

/** The batch that a scan yields; without `sources` it has columns only. */
export function batchOfDay(
  { shard, day }: DayPlan,
  rows: DayRows,
  columns: readonly string[],
  sources: readonly SourceRows[] | undefined,
): ScanBatch {
  const properties = new Map<string, ScanProperty>();
  for (const name of columns) {
    const property = rows.properties.get(name);
    if (property !== undefined) properties.set(name, property);
  }
  return {
    shard,
    day,
    rowCount: rows.rowCount,
    rowsRead: rows.rowsRead,
    users: rows.dictionaries.usersOf(shard),
    userCodes: rows.userCodes,
    events: rows.dictionaries.events,
    eventCodes: rows.eventCodes,
    timesMs: rows.timesMs,
    properties,
    ...rowAccessOf(rows, sources),
  };
}

type RowAccess = Pick<ScanBatch, "seqAt" | "writerAt" | "insertIdAt" | "eventAt">;

function rowAccessOf(rows: DayRows, sources: readonly SourceRows[] | undefined): RowAccess {
  function placeOf(row: number) {
    invariant(sources !== undefined, 'a scan with detail "events" is asked for single rows');
    const source = sources[sourceAt(rows, row)];
    const sourceRow = rows.sourceRows[row];
    invariant(source !== undefined && sourceRow !== undefined, `row ${row} has a source`);
    return { source, batch: source.batch, sourceRow };
  }
  function seqAt(row: number): number {
    const { source, sourceRow } = placeOf(row);
    return source.seqs[sourceRow] ?? 0;
  }
  function writerAt(row: number): number {
    const { source, sourceRow } = placeOf(row);
    return source.writerAt(sourceRow);
  }
  function derivedIdAt(row: number): string {
    return `~${writerAt(row)}-${seqAt(row)}`;
  }
  return {
    seqAt,
    writerAt,
    insertIdAt(row) {
      const { batch, sourceRow } = placeOf(row);
      const code = batch.insertIdCodes[sourceRow] ?? 0;
      return code === 0 ? encoder.encode(derivedIdAt(row)) : textBytesAt(batch.insertIds, code - 1);
    },
    eventAt(row): StoredEvent {
      const { batch, sourceRow } = placeOf(row);
      const { event, user_id, timeMs, insert_id, properties } = eventAt(batch, sourceRow);
      return {
        event,
        user_id,
        time: new Date(timeMs).toISOString(),
        insert_id: insert_id ?? derivedIdAt(row),
        properties,
      };
    },
  };
}

/** The same batch with its rows ordered by user. */
export function orderedByUser(batch: ScanBatch): ScanBatch {
  const order = orderByUser(batch);
  const rowOf = (row: number): number => order[row] ?? 0;
  const picked = (codes: Uint32Array): Uint32Array => order.map((row) => codes[row] ?? 0);
  const properties = new Map<string, ScanProperty>();
  for (const [name, { string, list, number, boolean }] of batch.properties) {
    properties.set(name, {
      name,
      string: string && { ...string, codes: picked(string.codes) },
      list: list && { ...list, codes: picked(list.codes) },
      number: number && Float64Array.from(order, (row) => number[row] ?? Number.NaN),
      boolean: boolean && Uint8Array.from(order, (row) => boolean[row] ?? 0),
    });
  }
  return {
    ...batch,
    userCodes: picked(batch.userCodes),
    eventCodes: picked(batch.eventCodes),
    timesMs: Float64Array.from(order, (row) => batch.timesMs[row] ?? 0),
    properties,
    seqAt: (row) => batch.seqAt(rowOf(row)),
    writerAt: (row) => batch.writerAt(rowOf(row)),
    insertIdAt: (row) => batch.insertIdAt(rowOf(row)),
    eventAt: (row) => batch.eventAt(rowOf(row)),
  };
}
