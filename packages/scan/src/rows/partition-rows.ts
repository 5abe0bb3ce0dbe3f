import type { EventBatch } from "@shale/columns";
import { DAY_MS, shardOf } from "@shale/model";

/** Which shards and UTC days a batch has rows of; parts are ordered by (shard, day). */
export interface RowOutline {
  readonly partCount: number;
  readonly shards: Uint32Array;
  readonly days: Int32Array;
  /** partCount + 1: part i is rows[starts[i], starts[i + 1]). */
  readonly starts: Uint32Array;
}
export interface RowPartition extends RowOutline {
  /** Row numbers of the batch, ascending inside a part. */
  readonly rows: Uint32Array;
}

/** Sorts row numbers by (shard, day), stable: two counting sorts, first by the lesser key. */
export function partitionRows(batch: EventBatch, shards: number): RowPartition {
  const { rowCount, timesMs } = batch;
  const days = new Int32Array(rowCount);
  let firstDay = Number.POSITIVE_INFINITY;
  let lastDay = Number.NEGATIVE_INFINITY;
  for (let row = 0; row < rowCount; row++) {
    const day = Math.floor((timesMs[row] ?? 0) / DAY_MS);
    days[row] = day;
    if (day < firstDay) firstDay = day;
    if (day > lastDay) lastDay = day;
  }
  const shardsOfRows = shardsOfRowsOf(batch, shards);
  const inOrder = Uint32Array.from({ length: rowCount }, (_, row) => row);
  const byDay =
    firstDay >= lastDay
      ? inOrder
      : sortedBy(inOrder, lastDay - firstDay + 1, (row) => (days[row] ?? 0) - firstDay);
  const rows = shards === 1 ? byDay : sortedBy(byDay, shards, (row) => shardsOfRows[row] ?? 0);
  return { rows, ...outlineOf(rows, shardsOfRows, days) };
}

function shardsOfRowsOf(batch: EventBatch, shards: number): Uint32Array {
  const { users, userCodes, rowCount } = batch;
  const byUser = new Uint32Array(users.ids.count);
  for (let user = 0; user < byUser.length; user++) {
    byUser[user] = shardOf(users.hashHigh[user] ?? 0, users.hashLow[user] ?? 0, shards);
  }
  const byRow = new Uint32Array(rowCount);
  for (let row = 0; row < rowCount; row++) byRow[row] = byUser[userCodes[row] ?? 0] ?? 0;
  return byRow;
}

function sortedBy(
  rows: Uint32Array,
  keyCount: number,
  keyOf: (row: number) => number,
): Uint32Array {
  const ends = new Uint32Array(keyCount + 1);
  for (let i = 0; i < rows.length; i++) {
    const key = keyOf(rows[i] ?? 0) + 1;
    ends[key] = (ends[key] ?? 0) + 1;
  }
  for (let key = 1; key <= keyCount; key++) ends[key] = (ends[key] ?? 0) + (ends[key - 1] ?? 0);
  const sorted = new Uint32Array(rows.length);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] ?? 0;
    const key = keyOf(row);
    const at = ends[key] ?? 0;
    sorted[at] = row;
    ends[key] = at + 1;
  }
  return sorted;
}

function outlineOf(rows: Uint32Array, shards: Uint32Array, days: Int32Array): RowOutline {
  const partShards: number[] = [];
  const partDays: number[] = [];
  const starts: number[] = [];
  let lastShard = -1;
  let lastDay = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] ?? 0;
    const shard = shards[row] ?? 0;
    const day = days[row] ?? 0;
    if (shard === lastShard && day === lastDay) continue;
    partShards.push(shard);
    partDays.push(day);
    starts.push(i);
    lastShard = shard;
    lastDay = day;
  }
  return {
    partCount: starts.length,
    shards: Uint32Array.from(partShards),
    days: Int32Array.from(partDays),
    starts: Uint32Array.from([...starts, rows.length]),
  };
}

/** The part of (shard, day); -1 when there is none. */
export function partAt(outline: RowOutline, shard: number, day: number): number {
  let low = 0;
  let high = outline.partCount;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const before = (outline.shards[middle] ?? 0) - shard || (outline.days[middle] ?? 0) - day;
    if (before < 0) low = middle + 1;
    else high = middle;
  }
  return outline.shards[low] === shard && outline.days[low] === day ? low : -1;
}
