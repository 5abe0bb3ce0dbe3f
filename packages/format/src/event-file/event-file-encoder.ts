import type {
  EventColumns,
  EventEncoder,
  PropertyColumn,
  PropertyColumnPlan,
} from "@shale/columns";
import { emptyTextTable } from "@shale/columns";
import { invariant } from "@shale/model";
import { nativeCodec } from "../blocks/native-codecs.ts";
import type { FileColumn } from "../day-file/chunks/file-chunks.ts";
import {
  propertyColumn,
  requiredTexts,
  textColumn,
  timeColumn,
} from "../day-file/chunks/file-chunks.ts";
import { createScratch } from "../day-file/chunks/present-slots.ts";
import { pageCompressor } from "../day-file/page-compressor.ts";
import { writeChunk } from "../parquet/chunk-writer.ts";
import { encodeFileMetadata } from "../parquet/encode-metadata.ts";
import type { ParquetChunk, ParquetRowGroup } from "../parquet/file-metadata.ts";
import { PARQUET_END_BYTES, PARQUET_MAGIC } from "../parquet/parquet-codes.ts";

const CREATED_BY = "shale";

/**
 * Writes a Parquet file of events, a row group a part: event, user_id, time (µs, UTC), insert_id,
 * and the planned columns; a list is JSON. Compressed by snappy, which every reader knows, where
 * that loads.
 */
export function createEventFileEncoder(plans: readonly PropertyColumnPlan[]): EventEncoder {
  const compressor = pageCompressor(nativeCodec("snappy") === undefined ? "none" : "snappy");
  const groups: ParquetRowGroup[] = [];
  let offset = 0;
  let rows = 0;

  function given(parts: readonly Uint8Array[]): readonly Uint8Array[] {
    for (const part of parts) offset += part.length;
    return parts;
  }
  return {
    begin: () => given([PARQUET_MAGIC]),
    encode(part) {
      const { rowCount } = part;
      invariant(rowCount > 0, "a row group has a row");
      const scratch = createScratch(rowCount, textsMaxOf(part));
      const range = { start: 0, end: rowCount };
      const chunks: ParquetChunk[] = [];
      const bytes: Uint8Array[] = [];
      for (const column of columnsOf(part, plans)) {
        const written = writeChunk(column.encode(range, scratch), offset, compressor);
        chunks.push(written.chunk);
        bytes.push(...given(written.parts));
      }
      groups.push({ rows: rowCount, chunks });
      rows += rowCount;
      return bytes;
    },
    end() {
      const metadata = encodeFileMetadata({
        columns: columnsOf(NOTHING, plans).map(({ column }) => column),
        ...{ rows, rowGroups: groups, keyValues: [], createdBy: CREATED_BY },
      });
      const tail = new Uint8Array(PARQUET_END_BYTES);
      new DataView(tail.buffer).setUint32(0, metadata.length, true);
      tail.set(PARQUET_MAGIC, PARQUET_END_BYTES - PARQUET_MAGIC.length);
      return given([metadata, tail]);
    },
  };
}

const NOTHING: EventColumns = {
  rowCount: 0,
  events: emptyTextTable,
  eventCodes: new Uint32Array(0),
  users: emptyTextTable,
  userCodes: new Uint32Array(0),
  timesMs: new Float64Array(0),
  insertIds: emptyTextTable,
  insertIdCodes: new Uint32Array(0),
  properties: [],
};

function columnsOf(part: EventColumns, plans: readonly PropertyColumnPlan[]): FileColumn[] {
  const ids = { rows: undefined, slots: part.insertIdCodes };
  return [
    requiredTexts("event", part.eventCodes, part.events),
    requiredTexts("user_id", part.userCodes, part.users),
    timeColumn("time", part.timesMs),
    textColumn("insert_id", "string", ids, part.insertIds, "direct"),
    ...plans.map((plan, index) =>
      propertyColumn(plan.name, part.properties[index] ?? absentColumn(plan)),
    ),
  ];
}

/** No row has a value: what lies behind the end of the slots is absent. */
function absentColumn({ name, kind }: PropertyColumnPlan): PropertyColumn {
  const place = { name, rows: undefined };
  switch (kind) {
    case "string":
    case "list":
      return { ...place, kind, codes: new Uint32Array(0), values: emptyTextTable };
    case "number":
      return { ...place, kind, values: new Float64Array(0) };
    case "boolean":
      return { ...place, kind, values: new Uint8Array(0) };
  }
}

function textsMaxOf({ users, events, insertIds, properties }: EventColumns): number {
  let most = Math.max(users.count, events.count, insertIds.count);
  for (const column of properties) {
    if (column?.kind === "string" || column?.kind === "list") {
      most = Math.max(most, column.values.count);
    }
  }
  return most;
}
