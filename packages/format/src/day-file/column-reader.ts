import { crc32 } from "node:zlib";
import { invariant } from "@shale/model";
import { corrupt } from "../damage.ts";
import { type ReadChunk, readChunk } from "../parquet/chunk-reader.ts";
import type { DayFileRange, DayFileSelection } from "./day-file.ts";
import { crcText } from "./footer-document.ts";
import type { DayFileIndex, IndexedChunk } from "./open-day-file.ts";
import { planDayFileRead, selectedGroups } from "./plan-day-file-read.ts";

/** Reads a column in every selected row group. */
export interface ColumnReader {
  readonly source: string;
  readonly rowCount: number;
  /** By the name of the Parquet column. */
  read(column: string): readonly ReadChunk[];
}

/** Compares the checksum of every chunk before it decodes it. */
export function columnReader(
  index: DayFileIndex,
  selection: DayFileSelection,
  parts: readonly Uint8Array[],
  key: string,
): ColumnReader {
  const bytesOf = checkedChunks(index, selection, parts, key);
  const groups = selectedGroups(index, selection);
  const numbers = new Map(index.columns.map(({ name }, number) => [name, number]));
  return {
    source: key,
    rowCount: groups.reduce((sum, group) => sum + (index.footer.rowGroups[group]?.rows ?? 0), 0),
    read(name) {
      const number = numbers.get(name) ?? -1;
      const column = index.columns[number];
      invariant(column !== undefined, `the file has a column ${name}`);
      return groups.map((group) => {
        const place = index.chunks[group]?.[number];
        invariant(place !== undefined, `row group ${group} has a column ${name}`);
        return readChunk(bytesOf(group, number), place.chunk, column, key);
      });
    },
  };
}

/** Gives the bytes of a chunk, once its checksum is right. @throws {ShaleError} OBJECT_CORRUPT */
export function checkedChunks(
  index: DayFileIndex,
  selection: DayFileSelection,
  parts: readonly Uint8Array[],
  key: string,
): (group: number, column: number) => Uint8Array {
  const ranges = planDayFileRead(index, selection);
  invariant(parts.length === ranges.length, `${ranges.length} ranges have as many parts`);
  return (group, column) => {
    const place = index.chunks[group]?.[column];
    invariant(place !== undefined, `row group ${group} has column ${column}`);
    const bytes = bytesOf(place, ranges, parts, key);
    if (crcText(crc32(bytes)) !== place.crc) {
      const { name } = index.columns[column] ?? { name: column };
      throw corrupt(key, `the checksum of ${name} in row group ${group} is another`);
    }
    return bytes;
  };
}

function bytesOf(
  { offset, length }: IndexedChunk,
  ranges: readonly DayFileRange[],
  parts: readonly Uint8Array[],
  key: string,
): Uint8Array {
  const number = ranges.findLastIndex((range) => range.offset <= offset);
  const range = ranges[number];
  const part = parts[number];
  invariant(range !== undefined && part !== undefined, "a selected chunk lies in a range");
  if (part.length !== range.length) {
    throw corrupt(key, `${part.length} bytes were read at ${range.offset}, not ${range.length}`);
  }
  return part.subarray(offset - range.offset, offset - range.offset + length);
}
