import { createByteInterner, type TextTable } from "@shale/columns";
import { corrupt } from "../damage.ts";
import { type ChunkValues, joinedTables, type ReadChunk } from "../parquet/chunk-reader.ts";
import { MICROS_PER_MS } from "./chunks/file-chunks.ts";
import { type ColumnReader, columnReader } from "./column-reader.ts";
import type { DayFilePlaces, DayFileRows, DayFileSelection } from "./day-file.ts";
import { decodeProperties } from "./decode-properties.ts";
import type { DayFileIndex } from "./open-day-file.ts";

/**
 * The selected rows of a day file, one row group behind the other.
 *
 * Every chunk's checksum is compared before it is decoded. Arrays are new or views on `parts`,
 * which must not change afterwards.
 *
 * @param parts The bytes of the ranges of `planDayFileRead` for the same selection, in their order.
 * @throws {ShaleError} OBJECT_CORRUPT naming the key
 * @see docs/formats/day-file.md
 */
export function decodeDayFileRows(
  index: DayFileIndex,
  selection: DayFileSelection,
  parts: readonly Uint8Array[],
  { key }: { readonly key: string },
): DayFileRows {
  const reader = columnReader(index, selection, parts, key);
  const users = readUsers(reader);
  const events = mergedTexts(reader.read("event"), reader.rowCount, key);
  const timesMs = new Float64Array(reader.rowCount);
  fillNumbers(reader.read("time"), timesMs, key, MICROS_PER_MS);
  return {
    rowCount: reader.rowCount,
    userIds: users.ids,
    userCodes: users.codes,
    events: events.table,
    eventCodes: events.codes,
    timesMs,
    places: selection.places ? readPlaces(reader) : undefined,
    properties: decodeProperties(index, selection, reader),
  };
}

/** The users of row groups of which everything was read; no other column is decoded. */
export function decodeDayFileUsers(
  index: DayFileIndex,
  rowGroups: readonly number[] | undefined,
  parts: readonly Uint8Array[],
  { key }: { readonly key: string },
): TextTable {
  const selection = { places: true, properties: "all", rowGroups } as const;
  return readUsers(columnReader(index, selection, parts, key)).ids;
}

function textsOf(values: ChunkValues, source: string): ChunkValues & { readonly kind: "texts" } {
  if (values.kind !== "texts") throw corrupt(source, "a column of texts holds something else");
  return values;
}

/** Users of different row groups are different, so their tables are put behind each other. */
function readUsers({ read, rowCount, source }: ColumnReader): {
  readonly ids: TextTable;
  readonly codes: Uint32Array;
} {
  const codes = new Uint32Array(rowCount);
  const tables: TextTable[] = [];
  let row = 0;
  let known = 0;
  for (const chunk of read("user_id")) {
    const texts = textsOf(chunk.values, source);
    if (texts.codes === undefined) throw corrupt(source, "its users have no dictionary");
    if (known === 0) codes.set(texts.codes, row);
    else for (let i = 0; i < chunk.rows; i++) codes[row + i] = known + (texts.codes[i] ?? 0);
    tables.push(texts.table);
    known += texts.table.count;
    row += chunk.rows;
  }
  return { ids: joinedTables(tables), codes };
}

export interface MergedTexts {
  readonly table: TextTable;
  /** 0 = absent where an optional column was read, else 1 + index; required: the index. */
  readonly codes: Uint32Array;
}

/** A required column of texts with one dictionary for all row groups. */
function mergedTexts(chunks: readonly ReadChunk[], rowCount: number, source: string): MergedTexts {
  const codes = new Uint32Array(rowCount);
  const interner = createByteInterner();
  const [only] = chunks;
  let row = 0;
  for (const chunk of chunks) {
    const texts = textsOf(chunk.values, source);
    if (chunk === only && chunks.length === 1 && texts.codes !== undefined) {
      return { table: texts.table, codes: texts.codes };
    }
    const merged = new Uint32Array(texts.table.count);
    for (let i = 0; i < merged.length; i++) merged[i] = interner.intern(texts.table, i);
    for (let i = 0; i < chunk.rows; i++) {
      codes[row + i] = merged[texts.codes === undefined ? i : (texts.codes[i] ?? 0)] ?? 0;
    }
    row += chunk.rows;
  }
  return { table: interner.build(), codes };
}

/** Fills in whole numbers that are stored multiplied by `scale`. */
function fillNumbers(
  chunks: readonly ReadChunk[],
  target: Float64Array | Uint32Array,
  source: string,
  scale: number,
): void {
  let row = 0;
  for (const { values: found, count, rows } of chunks) {
    if (found.kind !== "numbers" || count !== rows) {
      throw corrupt(source, "a column of numbers holds something else");
    }
    const { values, base } = found;
    // The quotient alone is below 2^53: microseconds may lie beyond.
    const whole = Number(base / BigInt(scale));
    const rest = Number(base % BigInt(scale));
    if (scale === 1) for (let i = 0; i < rows; i++) target[row + i] = whole + (values[i] ?? 0);
    else {
      for (let i = 0; i < rows; i++) target[row + i] = whole + ((values[i] ?? 0) + rest) / scale;
    }
    row += rows;
  }
}

function readPlaces({ read, rowCount, source }: ColumnReader): DayFilePlaces {
  const writers = new Float64Array(rowCount);
  const seqs = new Float64Array(rowCount);
  const generations = new Uint32Array(rowCount);
  fillNumbers(read("writer"), writers, source, 1);
  fillNumbers(read("seq"), seqs, source, 1);
  fillNumbers(read("generation"), generations, source, 1);
  const insertIdCodes = new Uint32Array(rowCount);
  const tables: TextTable[] = [];
  let row = 0;
  let known = 0;
  for (const chunk of read("insert_id")) {
    const texts = textsOf(chunk.values, source);
    let value = 0;
    for (let i = 0; i < chunk.rows; i++) {
      if (chunk.present?.[i] === 0) continue;
      const code = texts.codes === undefined ? value : (texts.codes[value] ?? 0);
      insertIdCodes[row + i] = 1 + known + code;
      value++;
    }
    tables.push(texts.table);
    known += texts.table.count;
    row += chunk.rows;
  }
  return { writers, seqs, generations, insertIdCodes, insertIds: joinedTables(tables) };
}
