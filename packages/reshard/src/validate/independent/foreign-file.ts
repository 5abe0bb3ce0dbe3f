import type { Env } from "@shale/env";
import { ShaleError } from "@shale/model";
import type { FileRef } from "@shale/scan";
import { keyOfFile, pinBroken } from "@shale/scan";
import type { AsyncBuffer, FileMetaData, RowGroup } from "hyparquet";
import { parquetMetadataAsync, parquetReadObjects } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import type { PlainRow } from "./canonical-row.ts";

export interface ForeignRow extends PlainRow {
  /** As stored. */
  readonly generation: number;
}

/** A property in the file's document: which column holds it. */
interface PropertyColumn {
  readonly name: string;
  readonly kind: string;
  readonly column: string;
}
const REST_COLUMN = "rest:json";
const MICROS_PER_MS = 1_000n;

/**
 * The rows of a day file by a reader that shares nothing with the store's own but the place of the
 * bytes, a row group at a time.
 *
 * @throws {ShaleError} PIN_UNSTABLE when the file has gone, OBJECT_CORRUPT, what the store throws
 * @see docs/formats/day-file.md
 */
export async function* readForeignRows(
  env: Env,
  ref: FileRef,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly ForeignRow[]> {
  const file = openFile(env, ref, signal);
  const metadata = await decoding(ref, () => parquetMetadataAsync(file, { geoparquet: false }));
  const columns = await decoding(ref, async () => columnsOf(metadata));
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    signal?.throwIfAborted();
    const rowEnd = rowStart + Number(group.num_rows);
    const rows = await decoding(ref, async () => {
      await file.hold(...extentOf(group));
      const span = { rowStart, rowEnd, geoparquet: false };
      const found = await parquetReadObjects({ file, metadata, compressors, parsers, ...span });
      return found.map((row) => rowOf(row, columns));
    });
    yield rows;
    rowStart = rowEnd;
  }
}

/** The bytes of a row group: its chunks lie behind one another. */
function extentOf({ columns }: RowGroup): readonly [start: number, end: number] {
  const extents = columns.map(({ meta_data: chunk }) => {
    if (chunk === undefined) throw new Error("a chunk has no metadata");
    const start = Number(chunk.dictionary_page_offset ?? chunk.data_page_offset);
    return [start, start + Number(chunk.total_compressed_size)] as const;
  });
  const starts = extents.map(([start]) => start);
  const ends = extents.map(([, end]) => end);
  return [Math.min(...starts), Math.max(...ends)];
}

interface ForeignFile extends AsyncBuffer {
  /** Reads [start, end) at once, for the many small reads in it. */
  hold(start: number, end: number): Promise<void>;
}

function openFile(env: Env, ref: FileRef, signal: AbortSignal | undefined): ForeignFile {
  const byteLength = ref.entry.bytes;
  let held = { start: 0, bytes: new Uint8Array(0) };
  async function partWith(start: number, end: number): Promise<typeof held> {
    if (start >= held.start && end <= held.start + held.bytes.length) return held;
    const key = keyOfFile(ref);
    const range = { offset: start, length: end - start };
    const object = await env.store.get(key, { range, signal });
    if (object === undefined) throw pinBroken(key);
    if (object.size !== byteLength) {
      throw corrupt(ref, `it has ${object.size} bytes, its manifest says ${byteLength}`);
    }
    held = { start, bytes: Uint8Array.from(object.bytes) };
    return held;
  }
  return {
    byteLength,
    async hold(start, end) {
      await partWith(start, end);
    },
    async slice(start, end = byteLength) {
      const part = await partWith(start, end);
      return part.bytes.slice(start - part.start, end - part.start).buffer;
    },
  };
}

/** What the other reader throws is about the bytes. */
async function decoding<T>(ref: FileRef, decode: () => Promise<T>): Promise<T> {
  try {
    return await decode();
  } catch (error) {
    const isOurs = error instanceof ShaleError || !(error instanceof Error);
    if (isOurs || error.name === "AbortError") throw error;
    throw corrupt(ref, `a second reader does not understand it: ${error.message}`, error);
  }
}

function corrupt(ref: FileRef, why: string, cause?: unknown): ShaleError {
  const key = keyOfFile(ref);
  const details = { key };
  return new ShaleError("OBJECT_CORRUPT", `Cannot read ${key}: ${why}`, { details, cause });
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });
/** A column without a value in a row gives undefined. */
const textOf = (bytes: Uint8Array | undefined): string | undefined =>
  bytes === undefined ? undefined : decoder.decode(bytes);
const parsers = {
  timestampFromMicroseconds: (micros: bigint) => micros,
  stringFromBytes: textOf,
  jsonFromBytes: textOf,
};

const fixedColumns = ["user_id", "time", "event", "insert_id", "seq", "writer", "generation"];

/** As the document in the file names them; a column that it does not name would be lost unseen. */
function columnsOf(metadata: FileMetaData): readonly PropertyColumn[] {
  const text = metadata.key_value_metadata?.findLast(({ key }) => key === "shale")?.value ?? "";
  const { columns } = JSON.parse(text) as { readonly columns: readonly PropertyColumn[] };
  const [, ...stored] = metadata.schema.map(({ name }) => name); // The first is the root.
  const named = new Set([...fixedColumns, ...columns.map(({ column }) => column)]);
  const differing = stored.length !== named.size || stored.some((name) => !named.has(name));
  if (differing) throw new Error("its columns are not those that its document names");
  return columns;
}

type Cells = Readonly<Record<string, unknown>>;

function rowOf(cells: Cells, columns: readonly PropertyColumn[]): ForeignRow {
  const micros = cellOf(cells, "time", "bigint");
  if (micros % MICROS_PER_MS !== 0n) throw new Error("a time is not in whole milliseconds");
  return {
    user: cellOf(cells, "user_id", "string"),
    event: cellOf(cells, "event", "string"),
    timeMs: Number(micros / MICROS_PER_MS),
    insertId: isAbsent(cells["insert_id"]) ? undefined : cellOf(cells, "insert_id", "string"),
    seq: Number(cellOf(cells, "seq", "bigint")),
    writer: Number(cellOf(cells, "writer", "bigint")),
    generation: cellOf(cells, "generation", "number"),
    properties: propertiesOf(cells, columns),
  };
}

function propertiesOf(cells: Cells, columns: readonly PropertyColumn[]): PlainRow["properties"] {
  const found: [string, unknown][] = [];
  for (const { name, kind, column } of columns) {
    if (column === REST_COLUMN || isAbsent(cells[column])) continue;
    found.push([name, propertyOf(cells, kind, column)]);
  }
  if (isAbsent(cells[REST_COLUMN])) return found;
  const rest: unknown = JSON.parse(cellOf(cells, REST_COLUMN, "string"));
  return [...found, ...Object.entries(rest as object)];
}

function propertyOf(cells: Cells, kind: string, column: string): unknown {
  switch (kind) {
    case "string":
    case "number":
    case "boolean":
      return cellOf(cells, column, kind);
    case "list":
      return JSON.parse(cellOf(cells, column, "string"));
    default:
      throw new Error(`a column is of kind ${kind}`);
  }
}

function isAbsent(cell: unknown): boolean {
  return cell === undefined || cell === null;
}

interface CellTypes {
  readonly string: string;
  readonly number: number;
  readonly boolean: boolean;
  readonly bigint: bigint;
}

function cellOf<T extends keyof CellTypes>(cells: Cells, column: string, type: T): CellTypes[T] {
  const cell = cells[column];
  if (typeof cell !== type) throw new Error(`${column} holds ${typeof cell} and not ${type}`);
  return cell as CellTypes[T];
}
