import { crc32 } from "node:zlib";
import { invariant } from "@shale/model";
import { defaultBlockCompression } from "../blocks/block-codec.ts";
import { joinedBytes } from "../parquet/byte-sink.ts";
import { writeChunk } from "../parquet/chunk-writer.ts";
import { encodeFileMetadata } from "../parquet/encode-metadata.ts";
import type { ParquetChunk, ParquetRowGroup } from "../parquet/file-metadata.ts";
import { PARQUET_END_BYTES, PARQUET_MAGIC } from "../parquet/parquet-codes.ts";
import { fileColumns, textsMaxOf } from "./chunks/file-chunks.ts";
import { createScratch } from "./chunks/present-slots.ts";
import { nameColumns } from "./column-names.ts";
import type { DayFileCompression, DayFileContent, DayFileFooter } from "./day-file.ts";
import {
  CHECKSUM_KEY,
  CHECKSUM_ZEROS,
  checksumAt,
  checksumOf,
  crcText,
  DAY_FILE_FORMAT_VERSION,
  DOCUMENT_KEY,
  type FooterDocument,
  type StoredRowGroup,
} from "./footer-document.ts";
import { countColumns, countEvents, extentOf, seqsByWriter } from "./footer-facts.ts";
import { footerOf } from "./open-day-file.ts";
import { pageCompressor } from "./page-compressor.ts";
import { cutRowGroups, placeOfRun, type UserRuns, userRuns } from "./user-runs.ts";

export interface EncodeDayFileOptions {
  /** Default: `defaultDayFileCompression()`. */
  readonly compression?: DayFileCompression | undefined;
  /**
   * Rows of a row group. Fewer: less is read for one user, and a reshard takes more groups whole.
   * More: smaller files, faster scans. Default 131,072.
   */
  readonly rowGroupRowsMax?: number | undefined;
}

export interface EncodedDayFile {
  readonly bytes: Uint8Array;
  readonly footer: DayFileFooter;
  /** Bytes at the end that hold the footer, its length and magic: what `openDayFile` takes. */
  readonly footerBytes: number;
}

const ROW_GROUP_ROWS_MAX = 131_072;
const DAY_MS = 86_400_000;
const CREATED_BY = "shale";

/** What this process writes by default: the fastest compression that loads here. Never throws. */
export function defaultDayFileCompression(): DayFileCompression {
  return defaultBlockCompression();
}

/**
 * A day file: plain Parquet. Equal content and options give equal bytes on one machine.
 *
 * @throws {ShaleError} OPTION_INVALID for a compression that nothing here can write
 * @see docs/formats/day-file.md
 */
export function encodeDayFile(
  content: DayFileContent,
  options: EncodeDayFileOptions = {},
): EncodedDayFile {
  const compression = options.compression ?? defaultDayFileCompression();
  const { batch } = content;
  invariant(batch.rowCount > 0, "a day file has a row");
  const runs = userRuns(batch, content.shards);
  const counted = countColumns(batch.properties);
  const named = nameColumns(counted.map((one) => one.counted));
  const cuts = cutRowGroups(runs, options.rowGroupRowsMax ?? ROW_GROUP_ROWS_MAX);
  const properties = named.flatMap((one, index) => {
    const column = counted[index]?.column;
    return column === undefined ? [] : [{ named: one, column }];
  });
  const columns = fileColumns(batch, properties);
  const rowsMax = Math.max(...cuts.map(({ start, end }) => end - start));
  const scratch = createScratch(rowsMax, textsMaxOf(batch));
  const compressor = pageCompressor(compression);

  const parts: Uint8Array[] = [PARQUET_MAGIC];
  let offset = PARQUET_MAGIC.length;
  const groups: ParquetRowGroup[] = [];
  const stored: StoredRowGroup[] = [];
  for (const cut of cuts) {
    const chunks: ParquetChunk[] = [];
    let crcs = "";
    for (const column of columns) {
      const written = writeChunk(column.encode(cut, scratch), offset, compressor);
      parts.push(...written.parts);
      chunks.push(written.chunk);
      crcs += crcText(written.parts.reduce((crc, part) => crc32(part, crc), 0));
      offset += written.chunk.compressedBytes;
    }
    const rows = cut.end - cut.start;
    groups.push({ rows, chunks });
    stored.push({
      start: cut.start,
      rows,
      firstPlace: placeOfRun(runs, cut.firstRun),
      lastPlace: placeOfRun(runs, cut.lastRun),
      crcs,
    });
  }
  const document: FooterDocument = {
    format: DAY_FILE_FORMAT_VERSION,
    ...factsOf(content, runs),
    columns: named,
    rowGroups: stored,
    compression,
  };
  const metadata = encodeFileMetadata({
    columns: columns.map(({ column }) => column),
    rows: batch.rowCount,
    rowGroups: groups,
    keyValues: [
      { key: DOCUMENT_KEY, value: JSON.stringify(document) },
      { key: CHECKSUM_KEY, value: CHECKSUM_ZEROS },
    ],
    createdBy: CREATED_BY,
  });
  const tail = endOfFile(metadata);
  parts.push(tail);
  return { bytes: joinedBytes(parts), footer: footerOf(document), footerBytes: tail.length };
}

/** The metadata, its length and the magic, with the checksum over all three. */
function endOfFile(metadata: Uint8Array): Uint8Array {
  const tail = new Uint8Array(metadata.length + PARQUET_END_BYTES);
  tail.set(metadata);
  new DataView(tail.buffer).setUint32(metadata.length, metadata.length, true);
  tail.set(PARQUET_MAGIC, metadata.length + 4);
  const digitsAt = checksumAt(tail);
  invariant(digitsAt > 0, "the metadata has a place for its checksum");
  tail.set(new TextEncoder().encode(checksumOf(tail, digitsAt)), digitsAt);
  return tail;
}

function factsOf(
  content: DayFileContent,
  runs: UserRuns,
): Omit<DayFileFooter, "columns" | "rowGroups" | "compression"> {
  const { project, spec, shard, shards, day, tombstone, distinct, generations, batch } = content;
  const times = extentOf(batch.timesMs);
  invariant(
    Math.floor(times.min / DAY_MS) === day && Math.floor(times.max / DAY_MS) === day,
    `the rows are of day ${day}`,
  );
  const events = countEvents(batch);
  const { offsets } = batch.users.ids;
  let users = 0;
  for (let run = 0; run < runs.count; run++) {
    const user = batch.userCodes[runs.starts[run] ?? 0] ?? 0;
    if (offsets[user] !== offsets[user + 1]) users++;
  }
  return {
    project,
    spec,
    shard,
    shards,
    day,
    tombstone,
    rows: batch.rowCount,
    clientRows: events.reduce((sum, event) => sum + event.clientRows, 0),
    users,
    minTimeMs: times.min,
    maxTimeMs: times.max,
    firstPlace: placeOfRun(runs, 0),
    lastPlace: placeOfRun(runs, runs.count - 1),
    distinct,
    generations,
    seqs: seqsByWriter(batch),
    events,
  };
}
