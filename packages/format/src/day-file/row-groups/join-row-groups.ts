import { type ColumnKind, emptyTextTable, type PropertyColumn } from "@shale/columns";
import { invariant } from "@shale/model";
import { writeChunk } from "../../parquet/chunk-writer.ts";
import type { ParquetChunk, ParquetRowGroup } from "../../parquet/file-metadata.ts";
import { PARQUET_MAGIC } from "../../parquet/parquet-codes.ts";
import { propertyColumn } from "../chunks/file-chunks.ts";
import { createScratch } from "../chunks/present-slots.ts";
import { fixedColumns, nameColumns, REST_COLUMN } from "../column-names.ts";
import { checkedChunks } from "../column-reader.ts";
import type {
  DayFileColumn,
  DayFileContent,
  DayFileSelection,
  EncodedDayFile,
  NamedColumn,
} from "../day-file.ts";
import { chunkCrc, finishDayFile } from "../finish-day-file.ts";
import type { StoredRowGroup } from "../footer-document.ts";
import { compareColumns } from "../footer-facts.ts";
import type { DayFileIndex, IndexedChunk } from "../open-day-file.ts";
import { type RowGroupFacts, sumFacts } from "./row-group-facts.ts";

/** Row groups of a day file that go into another one as they are. */
export interface RowGroupSource {
  readonly key: string;
  readonly index: DayFileIndex;
  /** Numbers, ascending. */
  readonly rowGroups: readonly number[];
  /** What `planDayFileRead` asked for: everything that they hold. */
  readonly parts: readonly Uint8Array[];
  /** Where a user of the file stands in the new one. */
  placeOf(place: string): string;
}

export interface JoinedContent
  extends Pick<DayFileContent, "project" | "spec" | "shard" | "shards" | "day" | "tombstone"> {
  /** One at least, of one compression, all of which `mayBeJoined`; places ascend, no two meet. */
  readonly sources: readonly RowGroupSource[];
}

/** Whether row groups of the file can be joined: it tells of each of them what a footer needs. */
export function mayBeJoined({ columns, chunks, rowGroupFacts }: DayFileIndex): boolean {
  return (
    rowGroupFacts !== undefined &&
    columns.every(({ name }) => name !== REST_COLUMN) &&
    chunks.every((group) =>
      group.every(
        ({ chunk }, at) => at < fixedColumns.length || chunk.statistics.nulls !== undefined,
      ),
    )
  );
}

/**
 * A day file of row groups of others, whose chunks are copied as they are, once their checksums are
 * right. Its footer is the sum of what they say.
 *
 * @throws {ShaleError} OBJECT_CORRUPT naming the key of a source
 * @see docs/formats/day-file.md
 */
export function joinRowGroups({ sources, ...content }: JoinedContent): EncodedDayFile {
  const groups = sources.flatMap(openSource);
  const [first] = groups;
  const [source] = sources;
  invariant(first !== undefined && source !== undefined, "a day file has a row group");
  const { compression } = source.index.footer;
  const fixed = source.index.columns.slice(0, fixedColumns.length);
  invariant(
    sources.every(({ index }) => index.footer.compression === compression),
    "all row groups of a file have one compression",
  );
  const columns = nameColumns(countedColumns(groups));
  invariant(
    columns.every(({ column }) => column !== REST_COLUMN),
    "every property has a column of its own",
  );
  const parts: Uint8Array[] = [PARQUET_MAGIC];
  let [offset, start, before] = [PARQUET_MAGIC.length, 0, ""];
  const written: ParquetRowGroup[] = [];
  const stored: StoredRowGroup[] = [];
  for (const group of groups) {
    const { rows, firstPlace, lastPlace, facts } = group;
    invariant(firstPlace > before && lastPlace >= firstPlace, `places ascend: ${firstPlace}`);
    before = lastPlace;
    const chunks: ParquetChunk[] = [];
    let crcs = "";
    for (const chunk of chunksOf(group, columns)) {
      chunks.push(movedTo(offset, chunk));
      parts.push(chunk.bytes);
      crcs += chunk.crc;
      offset += chunk.bytes.length;
    }
    written.push({ rows, chunks });
    stored.push({ start, rows, firstPlace, lastPlace, crcs, facts });
    start += rows;
  }
  return finishDayFile(parts, {
    columns: [...fixed, ...columns.map(({ column, kind }) => parquetColumn(column, kind))],
    rowGroups: written,
    facts: {
      ...content,
      ...sumFacts(groups.map(({ facts }) => facts)),
      rows: start,
      firstPlace: first.firstPlace,
      lastPlace: before,
      distinct: sources.every(({ index }) => index.footer.distinct),
      columns,
      compression,
    },
    stored,
  });
}

interface CopiedChunk {
  readonly bytes: Uint8Array;
  readonly crc: string;
  /** As its old file has it, or of a chunk that begins at 0. */
  readonly chunk: ParquetChunk;
  readonly offset: number;
}

interface JoinedGroup {
  readonly rows: number;
  readonly firstPlace: string;
  readonly lastPlace: string;
  readonly facts: RowGroupFacts;
  readonly fixed: readonly CopiedChunk[];
  /** By `nameOf`; those without a value are left out. */
  readonly properties: ReadonlyMap<string, CopiedChunk & { readonly counted: DayFileColumn }>;
}

function openSource({
  key,
  index,
  rowGroups,
  parts,
  placeOf,
}: RowGroupSource): readonly JoinedGroup[] {
  invariant(mayBeJoined(index), `${key} tells what its row groups hold`);
  const selection: DayFileSelection = { places: true, properties: "all", rowGroups };
  const bytesOf = checkedChunks(index, selection, parts, key);
  return rowGroups.map((number) => {
    const group = index.footer.rowGroups[number];
    const facts = index.rowGroupFacts?.[number];
    invariant(group !== undefined && facts !== undefined, `the file has row group ${number}`);
    const copied = (index.chunks[number] ?? []).map((one: IndexedChunk, column) => {
      const { chunk, crc, offset } = one;
      return { chunk, crc, offset, bytes: bytesOf(number, column) };
    });
    const properties = copied.slice(fixedColumns.length).flatMap((chunk, at) => {
      const { name, kind } = index.properties[at] ?? { name: "", kind: "string" as const };
      const rows = group.rows - (chunk.chunk.statistics.nulls ?? 0);
      const counted: DayFileColumn = { name, kind, rows };
      return rows === 0 ? [] : [[nameOf(counted), { ...chunk, counted }] as const];
    });
    return {
      rows: group.rows,
      firstPlace: placeOf(group.firstPlace),
      lastPlace: placeOf(group.lastPlace),
      facts,
      fixed: copied.slice(0, fixedColumns.length),
      properties: new Map(properties),
    };
  });
}

function nameOf({ name, kind }: Pick<DayFileColumn, "name" | "kind">): string {
  return `${kind} ${name}`;
}

/** Property columns in which any of the groups has a value, in the order of a file. */
function countedColumns(groups: readonly JoinedGroup[]): readonly DayFileColumn[] {
  const sums = new Map<string, DayFileColumn>();
  for (const { properties } of groups) {
    for (const [key, { counted }] of properties) {
      const rows = (sums.get(key)?.rows ?? 0) + counted.rows;
      sums.set(key, { ...counted, rows });
    }
  }
  return [...sums.values()].sort(compareColumns);
}

function chunksOf(
  { rows, fixed, properties }: JoinedGroup,
  columns: readonly NamedColumn[],
): readonly CopiedChunk[] {
  return [
    ...fixed,
    ...columns.map((column) => properties.get(nameOf(column)) ?? emptyChunk(column, rows)),
  ];
}

/** The chunk of a column in which no row of the group has a value. */
function emptyChunk({ name, kind, column }: NamedColumn, rows: number): CopiedChunk {
  const { encode } = propertyColumn(column, emptyColumn(name, kind));
  const content = encode({ start: 0, end: rows }, createScratch(rows, 1));
  const { parts, chunk } = writeChunk(content, 0, undefined);
  const bytes = new Uint8Array(Buffer.concat(parts));
  return { bytes, crc: chunkCrc([bytes]), chunk, offset: 0 };
}

function emptyColumn(name: string, kind: ColumnKind): PropertyColumn {
  const rows = new Uint32Array(0);
  switch (kind) {
    case "string":
    case "list":
      return { name, kind, rows, codes: new Uint32Array(0), values: emptyTextTable };
    case "number":
      return { name, kind, rows, values: new Float64Array(0) };
    case "boolean":
      return { name, kind, rows, values: new Uint8Array(0) };
  }
}

function parquetColumn(column: string, kind: ColumnKind) {
  return propertyColumn(column, emptyColumn(column, kind)).column;
}

function movedTo(offset: number, { chunk, offset: before }: CopiedChunk): ParquetChunk {
  const by = offset - before;
  const { dictionaryPageOffset, dataPageOffset } = chunk;
  return {
    ...chunk,
    dictionaryPageOffset:
      dictionaryPageOffset === undefined ? undefined : dictionaryPageOffset + by,
    dataPageOffset: dataPageOffset + by,
  };
}
