import { invariant } from "@shale/model";
import { defaultBlockCompression } from "../blocks/block-codec.ts";
import { writeChunk } from "../parquet/chunk-writer.ts";
import type { ParquetChunk, ParquetRowGroup } from "../parquet/file-metadata.ts";
import { PARQUET_MAGIC } from "../parquet/parquet-codes.ts";
import { fileColumns, textsMaxOf } from "./chunks/file-chunks.ts";
import { createScratch } from "./chunks/present-slots.ts";
import { nameColumns } from "./column-names.ts";
import type {
  DayFileCompression,
  DayFileContent,
  DayFileFooter,
  EncodedDayFile,
} from "./day-file.ts";
import { chunkCrc, finishDayFile } from "./finish-day-file.ts";
import type { StoredRowGroup } from "./footer-document.ts";
import { countColumns, createEventCounter, extentOf, seqsByWriter } from "./footer-facts.ts";
import { pageCompressor } from "./page-compressor.ts";
import { factsByGroup, namedUsersOf } from "./row-groups/row-group-facts.ts";
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

const ROW_GROUP_ROWS_MAX = 131_072;
const DAY_MS = 86_400_000;

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

  const facts = cuts.length > 1 ? factsByGroup(batch, runs, cuts) : [];
  const parts: Uint8Array[] = [PARQUET_MAGIC];
  let offset = PARQUET_MAGIC.length;
  const groups: ParquetRowGroup[] = [];
  const stored: StoredRowGroup[] = [];
  for (const [number, cut] of cuts.entries()) {
    const chunks: ParquetChunk[] = [];
    let crcs = "";
    for (const column of columns) {
      const written = writeChunk(column.encode(cut, scratch), offset, compressor);
      parts.push(...written.parts);
      chunks.push(written.chunk);
      crcs += chunkCrc(written.parts);
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
      facts: facts[number],
    });
  }
  return finishDayFile(parts, {
    columns: columns.map(({ column }) => column),
    rowGroups: groups,
    facts: { ...factsOf(content, runs), columns: named, compression },
    stored,
  });
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
  const range = { start: 0, end: batch.rowCount };
  const events = createEventCounter(batch)(range);
  return {
    project,
    spec,
    shard,
    shards,
    day,
    tombstone,
    rows: batch.rowCount,
    clientRows: events.reduce((sum, event) => sum + event.clientRows, 0),
    users: namedUsersOf(batch, runs, { firstRun: 0, lastRun: runs.count - 1 }),
    minTimeMs: times.min,
    maxTimeMs: times.max,
    firstPlace: placeOfRun(runs, 0),
    lastPlace: placeOfRun(runs, runs.count - 1),
    distinct,
    generations,
    seqs: seqsByWriter(batch, range),
    events,
  };
}
