import { crc32 } from "node:zlib";
import { invariant } from "@shale/model";
import { joinedBytes } from "../parquet/byte-sink.ts";
import { encodeFileMetadata } from "../parquet/encode-metadata.ts";
import type { ParquetColumn, ParquetRowGroup } from "../parquet/file-metadata.ts";
import { PARQUET_END_BYTES, PARQUET_MAGIC } from "../parquet/parquet-codes.ts";
import type { DayFileFooter, EncodedDayFile } from "./day-file.ts";
import {
  CHECKSUM_KEY,
  CHECKSUM_ZEROS,
  checksumAt,
  checksumOf,
  crcText,
  DOCUMENT_KEY,
  encodeFooterDocument,
  type FooterDocument,
  formatOf,
  type StoredRowGroup,
} from "./footer-document.ts";
import { footerOf } from "./open-day-file.ts";

const CREATED_BY = "shale";

/** What the end of a file says. */
export interface FileEnd {
  readonly columns: readonly ParquetColumn[];
  readonly rowGroups: readonly ParquetRowGroup[];
  readonly facts: Omit<DayFileFooter, "rowGroups">;
  /** The row groups once more, as the document has them. */
  readonly stored: readonly StoredRowGroup[];
}

/** @param parts The magic and the chunks. */
export function finishDayFile(
  parts: readonly Uint8Array[],
  { columns, rowGroups, facts, stored }: FileEnd,
): EncodedDayFile {
  const document: FooterDocument = {
    format: formatOf(stored),
    ...facts,
    rowGroups: stored,
  };
  const metadata = encodeFileMetadata({
    columns,
    rows: facts.rows,
    rowGroups,
    keyValues: [
      { key: DOCUMENT_KEY, value: encodeFooterDocument(document) },
      { key: CHECKSUM_KEY, value: CHECKSUM_ZEROS },
    ],
    createdBy: CREATED_BY,
  });
  const tail = endOfFile(metadata);
  const bytes = joinedBytes([...parts, tail]);
  return { bytes, footer: footerOf(document), footerBytes: tail.length };
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

/** The checksum of a chunk, 8 hex digits. */
export function chunkCrc(parts: readonly Uint8Array[]): string {
  return crcText(parts.reduce((crc, part) => crc32(part, crc), 0));
}
