import { emptyTextTable, type TextTable } from "@shale/columns";
import { corrupt } from "../damage.ts";
import { plainBytes } from "../little-endian.ts";
import { decodeDeltas } from "./delta-packed.ts";
import type { ParquetChunk, ParquetColumn } from "./file-metadata.ts";
import { areAllPresent, decodeCodes } from "./hybrid-runs.ts";
import { decodePlainNumbers, type NumberType } from "./number-pages.ts";
import { type DataPage, openDictionary, openPage } from "./open-page.ts";
import { decodePageHeader } from "./page-header.ts";
import { encodings, pageTypes, physicalTypes } from "./parquet-codes.ts";
import { decodeDeltaLengthTexts, decodePlainTexts } from "./text-pages.ts";

/** Values of a chunk without its nulls. */
export type ChunkValues =
  | {
      readonly kind: "texts";
      /** Texts may stand in it more than once. */
      readonly table: TextTable;
      /** Index in `table`; undefined: value i is text i. */
      readonly codes: Uint32Array | undefined;
    }
  | {
      readonly kind: "numbers";
      /** What each value lies above `base`, which is 0 for DOUBLE. */
      readonly values: Float64Array;
      readonly base: bigint;
    }
  /** 0 or 1. */
  | { readonly kind: "booleans"; readonly values: Uint8Array };

export interface ReadChunk {
  readonly rows: number;
  /** A byte for each row: 1 where it has a value. undefined: all have. */
  readonly present: Uint8Array | undefined;
  /** Rows with a value. */
  readonly count: number;
  readonly values: ChunkValues;
}

/**
 * Decodes a column chunk of a flat file: pages of version 1 or 2; PLAIN, dictionaries,
 * DELTA_BINARY_PACKED, DELTA_LENGTH_BYTE_ARRAY and RLE booleans.
 *
 * @param given The chunk, from its first page header on.
 * @throws {ShaleError} OBJECT_CORRUPT naming `source`, also for what is not supported
 */
export function readChunk(
  given: Uint8Array,
  chunk: ParquetChunk,
  column: ParquetColumn,
  source: string,
): ReadChunk {
  const bytes = plainBytes(given);
  const rows = chunk.valueCount;
  const levels = createLevels(rows);
  const pages: DataPage[] = [];
  let dictionary: DataPage | undefined;
  let row = 0;
  let count = 0;
  for (let at = 0; row < rows || at < bytes.length; ) {
    const { header, end } = decodePageHeader(bytes, at, source);
    at = end + header.compressedBytes;
    const stored = { bytes: bytes.subarray(end, at), codec: chunk.codec };
    if (header.type === pageTypes.dictionary) {
      dictionary = openDictionary(stored, header, source);
      continue;
    }
    if (header.count > rows - row) throw corrupt(source, "its pages have too many values");
    const opened = openPage(stored, header, column, source);
    const present = levels.add(opened.levels, row, header.count, source);
    pages.push({ ...opened, count: present });
    row += header.count;
    count += present;
  }
  return {
    rows,
    present: levels.present(),
    count,
    values: valuesOf(pages, dictionary, column.type, count, source),
  };
}

/** Definition levels of the pages of a chunk; bytes are only made once a value is absent. */
function createLevels(rows: number) {
  let present: Uint8Array | undefined;
  return {
    present: () => present,
    /** The number of values that the page has; `levels` undefined: of a required column. */
    add(levels: Uint8Array | undefined, row: number, count: number, source: string): number {
      if (levels === undefined) return count;
      if (areAllPresent(levels, count)) {
        present?.fill(1, row, row + count);
        return count;
      }
      present ??= new Uint8Array(rows).fill(1, 0, row);
      const range = { start: 0, end: levels.length, width: 1 };
      decodeCodes(levels, range, present, { at: row, count, source });
      let found = 0;
      for (let i = row; i < row + count; i++) found += present[i] ?? 0;
      return found;
    },
  };
}

function valuesOf(
  pages: readonly DataPage[],
  dictionary: DataPage | undefined,
  type: number,
  count: number,
  source: string,
): ChunkValues {
  switch (type) {
    case physicalTypes.boolean:
      return { kind: "booleans", values: booleansOf(pages, count, source) };
    case physicalTypes.byteArray:
      return textsOf(pages, dictionary, count, source);
    case physicalTypes.int32:
    case physicalTypes.int64:
    case physicalTypes.double:
      return numbersOf(pages, dictionary, type, count, source);
    default:
      throw corrupt(source, `columns of type ${type} are not supported`);
  }
}

function isDictionary({ encoding }: DataPage): boolean {
  return encoding === encodings.rleDictionary || encoding === encodings.plainDictionary;
}

/** Codes of a page, checked to be below `countBelow`. */
function readCodes(
  page: DataPage,
  target: Uint32Array,
  at: number,
  countBelow: number,
  source: string,
): void {
  const { bytes, start, count } = page;
  if (count === 0) return;
  const range = { start: start + 1, end: bytes.length, width: bytes[start] ?? 0 };
  decodeCodes(bytes, range, target, { at, count, source });
  let greatest = 0;
  for (let i = at; i < at + count; i++) {
    const code = target[i] ?? 0;
    if (code > greatest) greatest = code;
  }
  if (greatest >= countBelow) throw corrupt(source, `code ${greatest} is not in its dictionary`);
}

function textsOf(
  pages: readonly DataPage[],
  dictionary: DataPage | undefined,
  count: number,
  source: string,
): ChunkValues {
  const [only] = pages;
  if (only === undefined) return { kind: "texts", table: emptyTextTable, codes: undefined };
  if (pages.length === 1 && !isDictionary(only)) {
    return { kind: "texts", table: directTexts(only, source), codes: undefined };
  }
  const entries =
    dictionary === undefined
      ? emptyTextTable
      : decodePlainTexts(dictionary.bytes, 0, dictionary.count, source);
  const tables = [entries];
  const codes = new Uint32Array(count);
  let at = 0;
  let known = entries.count;
  for (const page of pages) {
    if (isDictionary(page)) readCodes(page, codes, at, entries.count, source);
    else {
      const table = directTexts(page, source);
      tables.push(table);
      for (let i = 0; i < table.count; i++) codes[at + i] = known + i;
      known += table.count;
    }
    at += page.count;
  }
  return { kind: "texts", table: joinedTables(tables), codes };
}

function directTexts({ encoding, bytes, start, count }: DataPage, source: string): TextTable {
  switch (encoding) {
    case encodings.plain:
      return decodePlainTexts(bytes, start, count, source);
    case encodings.deltaLengthByteArray:
      return decodeDeltaLengthTexts(bytes, start, count, source);
    default:
      throw corrupt(source, `encoding ${encoding} of texts is not supported`);
  }
}

/** The texts of all tables, one table behind the other. */
export function joinedTables(tables: readonly TextTable[]): TextTable {
  const [first] = tables;
  if (first !== undefined && tables.length === 1) return first;
  let count = 0;
  let byteLength = 0;
  for (const table of tables) {
    count += table.count;
    byteLength += table.offsets[table.count] ?? 0;
  }
  const bytes = new Uint8Array(byteLength);
  const offsets = new Uint32Array(count + 1);
  let text = 0;
  let at = 0;
  for (const table of tables) {
    const length = table.offsets[table.count] ?? 0;
    bytes.set(table.bytes.subarray(0, length), at);
    for (let i = 1; i <= table.count; i++) offsets[text + i] = at + (table.offsets[i] ?? 0);
    text += table.count;
    at += length;
  }
  return { count, bytes, offsets };
}

function numbersOf(
  pages: readonly DataPage[],
  dictionary: DataPage | undefined,
  type: NumberType,
  count: number,
  source: string,
): ChunkValues {
  const values = new Float64Array(count);
  let base: bigint | undefined;
  let at = 0;
  /** Values of a page with its own base, brought to that of the chunk. */
  function rebase(pageBase: bigint, pageCount: number): void {
    base ??= pageBase;
    const step = Number(pageBase - base);
    if (Math.abs(step) >= 2 ** 53) throw corrupt(source, "values lie further apart than 2^53");
    if (step !== 0) for (let i = at; i < at + pageCount; i++) values[i] = (values[i] ?? 0) + step;
  }
  const entries = new Float64Array(dictionary?.count ?? 0);
  const entryBase =
    dictionary === undefined ? 0n : decodePlainNumbers(dictionary.bytes, 0, type, entries, source);
  let codes: Uint32Array | undefined;
  for (const page of pages) {
    if (page.count === 0) continue;
    const target = values.subarray(at, at + page.count);
    if (isDictionary(page)) {
      codes ??= new Uint32Array(count);
      readCodes(page, codes, at, entries.length, source);
      for (let i = 0; i < page.count; i++) target[i] = entries[codes[at + i] ?? 0] ?? 0;
      rebase(entryBase, page.count);
    } else if (page.encoding === encodings.plain) {
      rebase(decodePlainNumbers(page.bytes, page.start, type, target, source), page.count);
    } else if (page.encoding === encodings.deltaBinaryPacked) {
      const where = { at: 0, countMax: page.count, source };
      const decoded = decodeDeltas(page.bytes, page.start, target, where);
      if (decoded.count !== page.count) throw corrupt(source, "numbers are fewer than their rows");
      rebase(decoded.first, page.count);
    } else throw corrupt(source, `encoding ${page.encoding} of numbers is not supported`);
    at += page.count;
  }
  return { kind: "numbers", values, base: base ?? 0n };
}

function booleansOf(pages: readonly DataPage[], count: number, source: string): Uint8Array {
  const values = new Uint8Array(count);
  let at = 0;
  for (const page of pages) {
    const { bytes, encoding } = page;
    let { start } = page;
    if (encoding === encodings.plain) {
      if (Math.ceil(page.count / 8) > bytes.length - start) throw corrupt(source, "bits end early");
      for (let i = 0; i < page.count; i++) {
        values[at + i] = ((bytes[start + (i >> 3)] ?? 0) >> (i & 7)) & 1;
      }
    } else if (encoding === encodings.rle) {
      start += 4; // The length of the runs, which end with the page.
      const range = { start, end: bytes.length, width: 1 };
      decodeCodes(bytes, range, values, { at, count: page.count, source });
    } else throw corrupt(source, `encoding ${encoding} of booleans is not supported`);
    at += page.count;
  }
  return values;
}
