import type { EventBatch } from "@shale/columns";
import { emptyTextTable } from "@shale/columns";
import type { DayFileEntry, DayFileRows } from "@shale/format";
import { invariant } from "@shale/model";
import type { ScanDictionaries } from "../cache/scan-dictionaries.ts";
import { translationOf } from "../cache/scan-dictionaries.ts";
import type { RowOutline } from "../rows/partition-rows.ts";
import type { SourceCodes, SourceRows } from "../rows/source-rows.ts";
import { sourceCodesOf } from "../rows/source-rows.ts";

/** A day file has rows of one shard's day. */
export function fileOutlineOf({ shard, day, rows }: DayFileEntry): RowOutline {
  return {
    partCount: 1,
    shards: Uint32Array.of(shard),
    days: Int32Array.of(day),
    starts: Uint32Array.of(0, rows),
  };
}

/** The decoded columns of a day file as a source of the scan. */
export function fileSourceOf(id: number, entry: DayFileEntry, file: DayFileRows): SourceRows {
  const { rowCount, places } = file;
  const batch: EventBatch = {
    rowCount,
    // The shard of its users is known, so their hashes are not needed.
    users: { ids: file.userIds, hashHigh: new Uint32Array(0), hashLow: new Uint32Array(0) },
    userCodes: file.userCodes,
    events: file.events,
    eventCodes: file.eventCodes,
    timesMs: file.timesMs,
    insertIdCodes: places?.insertIdCodes ?? new Uint32Array(0),
    insertIds: places?.insertIds ?? emptyTextTable,
    properties: file.properties,
  };
  let translated: ScanDictionaries | undefined;
  let codes: SourceCodes | undefined;
  return {
    id,
    batch,
    seqs: places?.seqs ?? new Float64Array(0),
    parts: {
      ...fileOutlineOf(entry),
      rows: Uint32Array.from({ length: rowCount }, (_, row) => row),
    },
    byteCount: fileBytesOf(file),
    distinct: entry.distinct,
    writerAt(row) {
      invariant(places !== undefined, "a row's writer is asked for only where places were read");
      return places.writers[row] ?? 0;
    },
    codesIn(dictionaries) {
      if (codes === undefined || translated !== dictionaries) {
        const users = translationOf(dictionaries.usersOf(entry.shard), file.userIds);
        codes = sourceCodesOf(batch, dictionaries, users);
        translated = dictionaries;
      }
      return codes;
    },
  };
}

const ROW_BYTES = 20;
const PLACE_BYTES = 24;

/** Memory that the columns take, in bytes: an estimate for the cache. */
function fileBytesOf({ rowCount, userIds, places, properties }: DayFileRows): number {
  let sum = 1024 + rowCount * ROW_BYTES + userIds.bytes.length + 8 * userIds.count;
  if (places !== undefined) sum += rowCount * PLACE_BYTES + places.insertIds.bytes.length;
  for (const column of properties) {
    sum += 256 + (column.rows?.byteLength ?? 0);
    if ("codes" in column) sum += column.codes.byteLength + column.values.bytes.length;
    else sum += column.values.byteLength;
  }
  return sum;
}
