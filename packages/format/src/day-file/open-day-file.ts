import { corrupt } from "../damage.ts";
import { decodeFileMetadata, metadataBytesOf } from "../parquet/decode-metadata.ts";
import {
  chunkOffset,
  type FileMetadata,
  type ParquetChunk,
  type ParquetColumn,
} from "../parquet/file-metadata.ts";
import { PARQUET_END_BYTES, PARQUET_MAGIC } from "../parquet/parquet-codes.ts";
import { fixedColumns, REST_COLUMN } from "./column-names.ts";
import type { DayFileFooter, NamedColumn } from "./day-file.ts";
import {
  DOCUMENT_KEY,
  type FooterDocument,
  isChecksumRight,
  parseFooterDocument,
} from "./footer-document.ts";
import type { RowGroupFacts } from "./row-groups/row-group-facts.ts";

/** A chunk, where it lies and what its bytes must sum up to. */
export interface IndexedChunk {
  readonly offset: number;
  readonly length: number;
  /** CRC-32 of the bytes, 8 hex digits. */
  readonly crc: string;
  readonly chunk: ParquetChunk;
}

/** What is known of a day file from its end. `footer` is for callers, the rest for the codec. */
export interface DayFileIndex {
  readonly footer: DayFileFooter;
  readonly columns: readonly ParquetColumn[];
  /** Of each row group, its chunks in the order of `columns`. */
  readonly chunks: readonly (readonly IndexedChunk[])[];
  readonly properties: readonly NamedColumn[];
  /** Of each row group; undefined where a file of format 1 has several. */
  readonly rowGroupFacts: readonly RowGroupFacts[] | undefined;
}

/**
 * Opens a day file.
 *
 * @param tail Its last bytes: as many as `encodeDayFile` called `footerBytes`, no more, no fewer.
 * @throws {ShaleError} OBJECT_CORRUPT, FORMAT_UNKNOWN; both name the key
 * @see docs/formats/day-file.md
 */
export function openDayFile(
  tail: Uint8Array,
  { key, size }: { readonly key: string; readonly size: number },
): DayFileIndex {
  const metadataBytes = metadataBytesOf(tail, key);
  if (metadataBytes + PARQUET_END_BYTES !== tail.length || tail.length > size) {
    throw corrupt(key, `its metadata has ${metadataBytes} bytes, not ${tail.length} with its end`);
  }
  // Before anything is decoded: what follows need not fear damage, nor take it for a later version.
  if (!isChecksumRight(tail)) throw corrupt(key, "the checksum of its metadata is not right");
  const metadata = decodeFileMetadata(tail.subarray(0, metadataBytes), key);
  const text = metadata.keyValues.find((pair) => pair.key === DOCUMENT_KEY)?.value;
  if (text === undefined) throw corrupt(key, "it is no day file");
  const document = parseFooterDocument(text, key);
  checkColumns(metadata, document, key);
  return {
    footer: footerOf(document),
    columns: metadata.columns,
    chunks: indexChunks(metadata, document, { key, dataEnd: size - tail.length }),
    properties: document.columns,
    rowGroupFacts: factsOf(document),
  };
}

function factsOf(document: FooterDocument): DayFileIndex["rowGroupFacts"] {
  const facts = document.rowGroups.flatMap((group) => group.facts ?? []);
  if (facts.length === document.rowGroups.length) return facts;
  if (document.rowGroups.length > 1) return undefined;
  const { users, minTimeMs, maxTimeMs, generations, seqs, events } = document;
  return [{ users, minTimeMs, maxTimeMs, generations, seqs, events }];
}

/** The footer without what only the codec needs. */
export function footerOf(document: FooterDocument): DayFileFooter {
  const { format: _format, columns, rowGroups, ...facts } = document;
  return {
    ...facts,
    columns,
    rowGroups: rowGroups.map(({ start, rows, firstPlace, lastPlace }) => ({
      start,
      rows,
      firstPlace,
      lastPlace,
    })),
  };
}

function checkColumns({ columns }: FileMetadata, document: FooterDocument, key: string): void {
  const names = columns.map((column) => column.name);
  const own = document.columns.filter(({ column }) => column !== REST_COLUMN);
  const wanted = [...fixedColumns, ...own.map(({ column }) => column)];
  if (own.length < document.columns.length) wanted.push(REST_COLUMN);
  if (names.length !== wanted.length || wanted.some((name, index) => names[index] !== name)) {
    throw corrupt(key, "its columns are not those of its document");
  }
}

function indexChunks(
  { rows, rowGroups, columns }: FileMetadata,
  document: FooterDocument,
  { key, dataEnd }: { readonly key: string; readonly dataEnd: number },
): readonly (readonly IndexedChunk[])[] {
  let start = 0;
  let end: number = PARQUET_MAGIC.length;
  const indexed = rowGroups.map((group, number) => {
    const stored = document.rowGroups[number];
    if (stored?.start !== start || stored.rows !== group.rows) {
      throw corrupt(key, `row group ${number} is not that of its document`);
    }
    if (stored.crcs.length !== 8 * columns.length) {
      throw corrupt(key, `row group ${number} has not a checksum for each column`);
    }
    start += group.rows;
    return group.chunks.map((chunk, index) => {
      const offset = chunkOffset(chunk);
      // Chunks follow each other without a gap: every byte of the file is in one.
      if (offset !== end || chunk.valueCount !== group.rows) {
        throw corrupt(key, `chunk ${index} of row group ${number} is out of place`);
      }
      end += chunk.compressedBytes;
      const crc = stored.crcs.slice(8 * index, 8 * index + 8);
      return { offset, length: chunk.compressedBytes, crc, chunk };
    });
  });
  if (start !== rows || rows !== document.rows || indexed.length !== document.rowGroups.length) {
    throw corrupt(key, "its row groups do not hold its rows");
  }
  if (end !== dataEnd) throw corrupt(key, `its data ends at ${end}, not at ${dataEnd}`);
  return indexed;
}
