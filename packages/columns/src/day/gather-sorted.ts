import { checkShards, invariant } from "@shale/model";
import type { StoredBatch } from "../stored-batch.ts";
import { compareTexts, selectTexts, type TextTable } from "../text-table.ts";
import type { GatheredRows, RowSource } from "./gather-rows.ts";
import { gatherRows } from "./gather-rows.ts";
import { placeInsertIds } from "./insert-id-list.ts";
import { placeProperties } from "./place-properties.ts";
import { rowOrder } from "./row-order.ts";
import { ranksOf, userOrder } from "./user-order.ts";

/**
 * The rows of all sources as one batch, as a day file holds them (protocol S9): users by place and
 * id, each user's rows by time, event name, shown insert id, seq, writer.
 *
 * Dictionaries hold what a row has and nothing twice, but for insert ids, which may be equal:
 * events bytewise, all others in order of first row. Properties are merged by name and kind, those
 * without a value left out, dense where one row in eight has a value. So the batch depends on the
 * rows alone, not on what they were gathered from.
 */
export function gatherSorted(sources: readonly RowSource[], shards: number): StoredBatch {
  checkShards(shards);
  const rows = gatherRows(sources);
  const users = userOrder(rows.users, shards);
  const events = eventOrder(rows.events);
  const userRanks = ranksAt(rows.userCodes, ranksOf(users));
  const eventRanks = ranksAt(rows.eventCodes, ranksOf(events));
  const { timesMs, insertIds, seqs, writers } = rows;
  const order = rowOrder({
    userRanks,
    userCount: users.length,
    timesMs,
    eventRanks,
    eventCount: events.length,
    names: { insertIds, seqs, writers },
  });
  return {
    ...placeFixed(rows, order),
    users: {
      ids: selectTexts(rows.users.ids, users),
      hashHigh: codesAt(rows.users.hashHigh, users),
      hashLow: codesAt(rows.users.hashLow, users),
    },
    userCodes: codesAt(userRanks, order),
    events: selectTexts(rows.events, events),
    eventCodes: codesAt(eventRanks, order),
    properties: placeProperties(rows.properties, order),
  };
}

/**
 * The batch without the rows marked 1 in `hidden`, as `gatherSorted` would have made it of the
 * others; the batch itself where none is marked.
 *
 * @param batch In the order of `gatherSorted`.
 */
export function withoutRows(batch: StoredBatch, hidden: Uint8Array): StoredBatch {
  invariant(hidden.length === batch.rowCount, "every row has a mark");
  const kept = new Uint32Array(batch.rowCount);
  let count = 0;
  for (let row = 0; row < hidden.length; row++) if (hidden[row] === 0) kept[count++] = row;
  if (count === batch.rowCount) return batch;
  const rows = gatherRows([{ batch, rows: kept.subarray(0, count) }]);
  const events = eventOrder(rows.events);
  const order = new Uint32Array(count);
  for (let row = 0; row < count; row++) order[row] = row;
  const { users, userCodes, properties } = rows;
  return {
    ...placeFixed(rows, order),
    users,
    userCodes,
    events: selectTexts(rows.events, events),
    eventCodes: ranksAt(rows.eventCodes, ranksOf(events)),
    properties,
  };
}

function placeFixed(
  rows: GatheredRows,
  order: Uint32Array,
): Omit<StoredBatch, "users" | "userCodes" | "events" | "eventCodes" | "properties"> {
  return {
    rowCount: rows.rowCount,
    timesMs: doublesAt(rows.timesMs, order),
    seqs: doublesAt(rows.seqs, order),
    writers: isUniform(rows.writers) ? rows.writers : doublesAt(rows.writers, order),
    generations: isUniform(rows.generations) ? rows.generations : codesAt(rows.generations, order),
    ...placeInsertIds(rows.insertIds, order),
  };
}

/** Most files are of one writer and one generation: those arrays need no order. */
function isUniform(values: Float64Array | Uint32Array): boolean {
  const first = values[0];
  for (let i = 1; i < values.length; i++) if (values[i] !== first) return false;
  return true;
}

/** The events bytewise. */
function eventOrder(events: TextTable): Uint32Array {
  const order = Uint32Array.from({ length: events.count }, (_, index) => index);
  return order.sort((left, right) => compareTexts(events, left, events, right));
}

function ranksAt(codes: Uint32Array, ranks: Uint32Array): Uint32Array {
  const target = new Uint32Array(codes.length);
  for (let i = 0; i < codes.length; i++) target[i] = ranks[codes[i] ?? 0] ?? 0;
  return target;
}

function codesAt(source: Uint32Array, order: Uint32Array): Uint32Array {
  return ranksAt(order, source);
}

function doublesAt(source: Float64Array, order: Uint32Array): Float64Array {
  const target = new Float64Array(order.length);
  for (let i = 0; i < order.length; i++) target[i] = source[order[i] ?? 0] ?? 0;
  return target;
}
